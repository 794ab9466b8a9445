"""The commands about receipts: show them, check them, seal their log lines, prove one is sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import NoReturn, TypeVar

import click

from fanscore_adapters.documents.decision_lines import LineCounts, read_decision_lines
from fanscore_adapters.documents.findings import FindingsLine, findings_lines
from fanscore_adapters.documents.receipts import (
    MAX_BYTES,
    parse_receipt,
    read_receipts,
    starts_receipts,
)
from fanscore_adapters.documents.sealing import parse_head, parse_proof
from fanscore_appsync.api import Api
from fanscore_appsync.cli.files import (
    opened,
    output_option,
    receipts_of,
    refuse_same,
    write,
)
from fanscore_appsync.cli.mistakes import FAILED, end, note, refuse
from fanscore_appsync.cli.options import api_option, chosen_api, environment, refuse_empty
from fanscore_appsync.cli.stored_receipts import list_receipts, show_receipt
from fanscore_appsync.cli.terminal import counted, print_lines
from fanscore_appsync.printable import one_line
from fanscore_appsync.wiring.parts import parsed_file
from fanscore_core.decision_line import DecisionLine
from fanscore_core.errors import InvalidInput
from fanscore_core.receipt import Receipt
from fanscore_core.sealing import SealedHead, SealedLines, seal

ParsedT = TypeVar("ParsedT")

_head = click.option("--head", metavar="HEAD", help="A head that 'seal' made.")
_previous = click.option("--previous", metavar="HEAD", help="The head before it.")


@click.group()
def receipts() -> None:
    """Receipts of decisions: list, show, check, seal and prove."""


receipts.add_command(list_receipts)
receipts.add_command(show_receipt)


@receipts.command()
@click.argument("file", metavar="FILE")
@_head
@click.option("--proof", metavar="PROOF", help="What 'prove' printed for the receipt in FILE.")
@_previous
@api_option
def verify(
    file: str, head: str | None, proof: str | None, previous: str | None, api: str | None
) -> None:
    """Check the receipts in FILE: that each is to the byte what its leaf says.

    With --head, FILE has log lines: are they those of the head, all of them and unchanged? With
    --head and --proof, FILE has one receipt: is it among those of the head?

    Exit status: 0 if so, 1 if not, 2 for unusable input.
    """
    given = {"FILE": file, "--head": head, "--proof": proof, "--previous": previous}
    for name, text in given.items():
        refuse_empty(name, text)
    if head is None and (proof or previous):
        refuse("--proof and --previous: only with --head")
    if proof is not None and previous is not None:
        refuse("--proof and --previous: expected only one of them")
    chosen = chosen_api(environment(api))
    if head is None:
        _verify_receipts(file, chosen)
    elif proof is None:
        _verify_lines(file, parsed_file(head, "--head", parse_head), previous)
    else:
        _verify_proof(file, parsed_file(head, "--head", parse_head), proof, chosen)


@receipts.command(name="seal")
@click.argument("lines", metavar="LINES")
@_previous
@output_option
def seal_lines(lines: str, previous: str | None, output: str | None) -> None:
    """Print the head of the log lines of decisions in LINES; - reads standard input.

    Other log lines are passed over. Publish the head where you cannot change it.

    Exit status: 0, or 2 for unusable input.
    """
    for name, text in (("LINES", lines), ("--previous", previous), ("--output", output)):
        refuse_empty(name, text)
    for name, path in (("LINES", lines), ("--previous", previous)):
        refuse_same("--output", output, name, path)
    before = None if previous is None else parsed_file(previous, "--previous", parse_head)
    counts = LineCounts()
    sealed = _sealed(lines, counts, refuse)
    write(f"{sealed.head(before).text}\n", output)
    note(
        f"{counted(len(sealed.leaves), 'line')} sealed; passed over: {sealed.repeated} repeated, "
        f"{counts.others} of another kind"
    )


@receipts.command()
@click.argument("receipt", metavar="RECEIPT")
@click.argument("lines", metavar="LINES")
@api_option
def prove(receipt: str, lines: str, api: str | None) -> None:
    """Print the proof that the receipt in RECEIPT is among those that LINES are sealed of.

    Exit status: 0, 1 if it is not, 2 for unusable input.
    """
    refuse_empty("RECEIPT", receipt)
    refuse_empty("LINES", lines)
    chosen = chosen_api(environment(api))
    wanted = _one_receipt("RECEIPT", receipt, chosen)
    proof = _sealed(lines, LineCounts(), refuse).prove(wanted.leaf)
    if proof is None:
        end(f"{receipt}: no line of {lines} has the leaf of this receipt", FAILED)
    click.echo(proof.text)


@click.command()
@click.argument("file", metavar="RECEIPTS")
@api_option
def findings(file: str, api: str | None) -> None:
    """Print the findings of a receipts file without ids of people, as 'policy diff' reads them.

    What ended in an error has no findings, and is counted on standard error.

    Exit status: 0, or 2 for unusable input.
    """
    refuse_empty("RECEIPTS", file)
    chosen = chosen_api(environment(api))
    errors = 0

    def found() -> Iterator[FindingsLine]:
        nonlocal errors
        for each in receipts_of("RECEIPTS", file, chosen):
            if each.findings is None:
                errors += 1
            else:
                yield FindingsLine(each.event_id, each.findings)

    print_lines(findings_lines(found()))
    if errors:
        note(f"{counted(errors, 'receipt')} of an error passed over")


def _verify_receipts(path: str, api: Api) -> None:
    try:
        count = sum(1 for _ in receipts_of("FILE", path, api))
    except InvalidInput as error:
        end(str(error), FAILED)
    if not count:
        refuse(f"FILE: {path}: there are no receipts")
    click.echo(f"{counted(count, 'receipt')}, each to the byte what its leaf says")


def _verify_lines(path: str, head: SealedHead, previous: str | None) -> None:
    before = None if previous is None else parsed_file(previous, "--previous", parse_head)
    sealed = _sealed(path, LineCounts(), lambda problem: end(problem, FAILED))
    if before is not None and head.previous != before.digest:
        end(f"{previous}: not the head that --head names as the one before it", FAILED)
    expected = head.document
    found = {**sealed.head().document, "previous": head.previous}
    differing = [name for name in expected if expected[name] != found[name]]
    if differing:
        end(f"{path}: not the lines of the head: {', '.join(differing)} differ", FAILED)
    click.echo(f"{counted(head.size, 'line')}, all those of the head and no others")


def _verify_proof(path: str, head: SealedHead, proof_path: str, api: Api) -> None:
    proof = parsed_file(proof_path, "--proof", parse_proof)
    try:
        receipt = _one_receipt("FILE", path, api)
    except InvalidInput as error:
        end(str(error), FAILED)
    if not proof.holds(receipt, head):
        end(f"{path}: the proof does not lead from this receipt to the head", FAILED)
    click.echo(f"{one_line(path)}: receipt {receipt.leaf} is among the {head.size} of the head")


def _one_receipt(named_by: str, path: str, api: Api) -> Receipt:
    """Read a receipt that is alone in a file: the line of a receipts file, or bare."""
    with opened(named_by, path) as file:
        content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise InvalidInput("$", f"expected one receipt, of at most {MAX_BYTES} bytes")
        if starts_receipts(content):
            first, *others = read_receipts(BytesIO(content), api.signals)
            if others:
                raise InvalidInput("$", "expected one receipt alone")
            return first
        try:
            return parse_receipt(content.decode().removesuffix("\n"), api.signals)
        except UnicodeDecodeError:
            raise InvalidInput("$", "not UTF-8") from None


def _sealed(path: str, counts: LineCounts, stop: Callable[[str], NoReturn]) -> SealedLines:
    try:
        return seal(_lines(path, counts))
    except InvalidInput as error:
        stop(str(error))


def _lines(path: str, counts: LineCounts) -> Iterator[DecisionLine]:
    with opened("LINES", path) as file:
        yield from read_decision_lines(file, counts)
