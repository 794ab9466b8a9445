"""A client of AWS that answers what it is told."""

from __future__ import annotations

from collections.abc import Mapping

from fanscore_adapters.aws.client import AwsClient, AwsSession


class Told(AwsClient):
    """A client whose answers are told beforehand, and which notes what it is asked."""

    def __init__(self, *answers: Mapping[str, object]) -> None:
        super().__init__("told", AwsSession("eu-west-1"), 1)
        self.answers = list(answers)
        self.asked: list[tuple[str, Mapping[str, object]]] = []

    def call(
        self,
        operation: str,
        parameters: Mapping[str, object],
        expires_at: float,
        body: str | None = None,
    ) -> Mapping[str, object]:
        """Answer."""
        del expires_at, body
        self.asked.append((operation, dict(parameters)))
        return self.answers.pop(0)
