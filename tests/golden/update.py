"""Write the golden responses anew, and show what has changed.

Run it as ``python -m tests.golden.update``, after adding an event or changing what is answered.
It prints a diff and keeps what is answered now. Read the diff against docs/reference before
you commit it: the files are the requirement, not a recording.
"""

from __future__ import annotations

import difflib
import sys

from tests.golden.cases import EVENTS, RESPONSES, given, kept, names


def main() -> None:
    """Write every response that has changed, and remove those that answer no event."""
    RESPONSES.mkdir(exist_ok=True)
    cases = names(EVENTS)
    for name in cases:
        _update(name, given(name))
    for name in sorted(set(names(RESPONSES)) - set(cases)):
        _update(name, "")
        (RESPONSES / f"{name}.json").unlink()


def _update(name: str, new: str) -> None:
    old = kept(name)
    path = RESPONSES / f"{name}.json"
    shown = f"responses/{name}.json"
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), shown, shown, lineterm="")
    sys.stdout.writelines(f"{line}\n" for line in lines)
    if new != old:
        path.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
