"""The breaks by rule that no test can catch, or need not, each with its reason."""

from __future__ import annotations

import attrs

from tests.teeth.rules import RuleBreak


@attrs.frozen
class Survivor:
    """Breaks that are known to survive.

    Attributes:
        module: that is broken.
        context: the first line of the statement that is broken.
        old: what stands there.
        new: what stands there then.
        reason: why no test catches it.
    """

    module: str
    context: str
    old: str
    new: str
    reason: str

    def is_of(self, broken: RuleBreak) -> bool:
        """Whether this is the break; all equal ones count, in whatever line they stand."""
        seen = (broken.module, broken.context, broken.old, broken.new)
        return seen == (self.module, self.context, self.old, self.new)


_LENGTHS_ARE_KNOWN = "a guard against our own mistakes: what is zipped here has one length"
_FOR_READERS = "says in words what a member means; no code reads it"

SURVIVORS = (
    Survivor(
        "state",
        "if planned.position < self._decider:",
        "planned.position < self._decider",
        "(planned.position <= self._decider)",
        "no step becomes ready at the decider's place: it has started already, or decided",
    ),
    Survivor(
        "state",
        "self._values: list[object] = [None] * (count + 1)",
        "1",
        "(2)",
        "what comes before the steps is in the last place, -1, of however many there are",
    ),
    Survivor(
        "rounds",
        "for (each, position, _), (index, shared) in zip(asking, places, strict=True):",
        "True",
        "(False)",
        _LENGTHS_ARE_KNOWN,
    ),
    Survivor("state", "return []", "return []", "pass", "saves time: without warnings none count"),
    *(
        Survivor("steps", f"{name} = {text}", text, f"({text[1:-1] + '!'!r})", _FOR_READERS)
        for name, text in (("PLAIN", '"plain"'), ("GATE", '"gate"'), ("EFFECT", '"effect"'))
    ),
    Survivor("definition", "return False", "return False", "pass", "None is as false as False"),
    Survivor(
        "merging",
        'LEAST = Stamp(datetime.min.replace(tzinfo=UTC), "")',
        '""',
        "('!')",
        "nothing is written in the year 1: the moment decides before the request id is compared",
    ),
    Survivor(
        "merging",
        'return record.fields.get(name, Written(LEAST, ""))',
        '""',
        "('!')",
        "what is least is never the one that counts: the other record has the field",
    ),
    Survivor(
        "merging",
        "return not merged.is_live",
        "return not merged.is_live",
        "pass",
        "a delete saves nothing: the comparison of what is saved, which comes next, says the same",
    ),
    Survivor(
        "app",
        "resolved.update(zip((index for index, _ in items), finished, strict=True))",
        "True",
        "(False)",
        _LENGTHS_ARE_KNOWN,
    ),
    Survivor(
        "app",
        "return [self._finish(one, outcome) for one, outcome in zip(calls, outcomes, strict=True)]",
        "True",
        "(False)",
        _LENGTHS_ARE_KNOWN,
    ),
    Survivor(
        "app",
        "clock: Callable[[], float] = attrs.field(default=perf_counter, kw_only=True)",
        "True",
        "(False)",
        "keeps callers from giving it by position: none does",
    ),
    Survivor(
        "dynamodb",
        "_left_over_wait = wait_random_exponential(multiplier=0.05, max=1)",
        "1",
        "(2)",
        "five attempts wait four times, for at most 0.05, 0.1, 0.2 and 0.4 s: never for the most",
    ),
    Survivor("dynamodb", "return [", "True", "(False)", _LENGTHS_ARE_KNOWN),
    Survivor(
        "jws",
        'if not _algorithm.verify(signed.encode("ascii"), signature, key):',
        '"ascii"',
        "('ascii!')",
        "Python overlooks punctuation in the name of an encoding",
    ),
    Survivor(
        "jws",
        'return RSAKey.import_key({"kty": "RSA", "n": modulus, "e": exponent})',
        '"RSA"',
        "('RSA!')",
        "joserfc looks at the class that is asked, and not at this member",
    ),
    *(
        Survivor("authorization", f"{name} = {text}", text, f"({text[1:-1] + '!'!r})", _FOR_READERS)
        for name, text in (
            ("PUBLIC", '"any Cognito user, or IAM"'),
            ("API_KEY", '"a caller with an API key"'),
            ("LOGIN", '"a Cognito user, for what is their own"'),
            ("OWNER", '"the Cognito user whose sub is the globalUserId asked for"'),
            ("SERVICE", '"IAM, for any fan"'),
            ("USER", '"Cognito user pool"'),
            ("SERVICE", '"IAM"'),
            ("POOL_IDENTITY", '"IAM, from an identity pool"'),
            ("API_KEY", '"API key"'),
            ("NOBODY", '"no identity"'),
            ("OTHER", '"OIDC or Lambda authorizer"'),
        )
    ),
    *(
        Survivor(
            module,
            f"while line := {file}.readline({most} + 1):",
            "1",
            "(2)",
            "a line that is too long is refused, however much of it was read beyond the bound",
        )
        for module, file, most in (
            ("line_documents", "unpacked", "MAX_LINE_BYTES"),
            ("receipt_documents", "file", "MAX_BYTES"),
        )
    ),
    Survivor(
        "cohorts",
        'return (1, list(Missing).index(cell), "")',
        "1",
        "(2)",
        "the cells of one partition are places and reasons, or names, but never all three",
    ),
    Survivor(
        "policy_diff",
        "raw = -1 if each.findings.raw is None else each.findings.raw",
        "-1",
        "(1)",
        "only NO_HISTORY goes without a raw score, and the origin sorts that apart already",
    ),
)
