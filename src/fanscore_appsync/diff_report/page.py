"""The report of a policy diff as one page of HTML, which needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from string import Template

from fanscore_appsync.diff_report.sections import BROKEN, KEPT, WITHHELD, Section
from fanscore_appsync.printable import one_line

_CLASSES = {WITHHELD: "faint", KEPT: "kept", BROKEN: "broken"}

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Policy diff</title>
<style>
:root {
  --ground: #fff; --text: #1b1f24; --faint: #57606a; --line: #d0d7de; --head: #f6f8fa;
  --old: #8c959f; --new: #0969da; --kept: #1a7f37; --broken: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0d1117; --text: #e6edf3; --faint: #9aa4af; --line: #30363d; --head: #161b22;
    --old: #7d8590; --new: #58a6ff; --kept: #3fb950; --broken: #ff7b72;
  }
}
body {
  margin: 0 auto; padding: 1rem; max-width: 62rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.5rem; margin: .5rem 0; }
h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; }
p { margin: .25rem 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin-top: .5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; }
th { white-space: nowrap; }
thead th { background: var(--head); }
th:first-child, .bars { text-align: left; }
tbody th { font-weight: normal; white-space: normal; min-width: 9rem; }
.faint { color: var(--faint); }
.kept { color: var(--kept); }
.broken { color: var(--broken); font-weight: bold; }
.bars { width: 45%; min-width: 9rem; }
.bar { display: block; height: .45rem; margin: 2px 0; min-width: 1px; }
.old { background: var(--old); }
.new { background: var(--new); }
.key { display: inline-block; width: .8rem; height: .6rem; margin-left: .8rem; }
</style>
<main>
<h1>Policy diff</h1>
$sections
</main>
</html>
""")

_LEGEND = (
    '<p class="faint" aria-hidden="true">'
    '<span class="key old"></span> old <span class="key new"></span> new</p>'
)


def page(drawn: Sequence[Section]) -> str:
    """Return a page that shows sections one below the other."""
    return _PAGE.substitute(sections="\n".join("\n".join(_section(each)) for each in drawn))


def _section(section: Section) -> Iterator[str]:
    yield f"<section>\n<h2>{_text(section.title)}</h2>"
    for note in section.notes:
        yield f"<p>{_text(note)}</p>"
    if section.columns:
        yield from _table(section)
    yield "</section>"


def _table(section: Section) -> Iterator[str]:
    bars = list(_bars(section.bars)) or [""] * len(section.rows)
    if section.bars:
        yield _LEGEND
    head = "".join(f'<th scope="col">{_text(each)}</th>' for each in section.columns)
    picture = '<th class="bars" scope="col">picture</th>' if section.bars else ""
    # Whoever has no mouse scrolls a table that has the focus.
    label = f'role="region" tabindex="0" aria-label="{_text(section.title)}"'
    yield f'<div class="scroll" {label}>\n<table>\n<thead><tr>{head}{picture}</tr></thead>\n<tbody>'
    for row, bar in zip(section.rows, bars, strict=True):
        first, *others = row
        cells = "".join(map(_cell, others))
        yield f'<tr><th scope="row">{_text(first)}</th>{cells}{bar}</tr>'
    yield "</tbody>\n</table>\n</div>"


def _cell(text: str) -> str:
    name = _CLASSES.get(text)
    return f'<td class="{name}">{_text(text)}</td>' if name else f"<td>{_text(text)}</td>"


def _bars(numbers: Sequence[tuple[int, int]]) -> Iterator[str]:
    greatest = max((max(pair) for pair in numbers), default=0) or 1
    for old, new in numbers:
        widths = (("old", 100 * old / greatest), ("new", 100 * new / greatest))
        spans = "".join(
            f'<span class="bar {name}" style="width:{width:.1f}%"></span>' for name, width in widths
        )
        yield f'<td class="bars" aria-hidden="true">{spans}</td>'


def _text(text: str) -> str:
    return escape(one_line(text))
