"""The commands ``fanscore resolvers`` and ``fanscore schema``: what AppSync needs of an API."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import click

from fanscore_appsync.cli.files import output_option, write
from fanscore_appsync.cli.options import api_option, chosen_api, environment, refuse_empty
from fanscore_appsync.fields import Field
from fanscore_appsync.resolvers import cloudformation, terraform
from fanscore_appsync.resolvers.schema import without_extensions

FORMATS: Mapping[str, Callable[[Mapping[str, Field], frozenset[str]], str]] = {
    "cloudformation": cloudformation.template,
    "terraform": terraform.module,
}


@click.command()
@click.option(
    "--format", "kind", type=click.Choice(list(FORMATS)), required=True, help="What reads them."
)
@output_option
@api_option
def resolvers(kind: str, output: str | None, api: str | None) -> None:
    """Print the AppSync resolvers of all fields, with their caching and batch sizes.

    They are the same bytes every time. No account is needed. Terraform reads resolvers.tf.json.

    Exit status: 0 when they are written, 2 for unusable input.
    """
    refuse_empty("--output", output)
    chosen = chosen_api(environment(api))
    write(FORMATS[kind](chosen.fields, chosen.namespaces), output)


@click.command()
@output_option
@api_option
def schema(output: str | None, api: str | None) -> None:
    """Print the schema of the API as AppSync takes it.

    Exit status: 0 when it is written, 2 for unusable input.
    """
    refuse_empty("--output", output)
    chosen = chosen_api(environment(api))
    write(without_extensions(chosen.sdl()), output)
