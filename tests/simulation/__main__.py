"""Replay one schedule by its seed, or look for a seed that breaks a law.

    python -m tests.simulation 42
    python -m tests.simulation --count 100000 --first 0

Exits with 1 if a law was broken.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tests.simulation.breaks import BREAKS
from tests.simulation.pieces import SOUND, Pieces
from tests.simulation.schedules import schedule_of

COMMAND = "python -m tests.simulation"


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say, and print what came of it."""
    parser = argparse.ArgumentParser(COMMAND, description="Deterministic simulation")
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument("seed", type=int, nargs="?", help="replay this one, and print it")
    chosen.add_argument("--count", type=int, help="try so many seeds, and print the first to fail")
    parser.add_argument("--first", type=int, default=0, help="the first seed of those")
    names = [each.name for each in BREAKS]
    parser.add_argument("--break", dest="broken", choices=names, metavar="NAME", help="a break")
    given = parser.parse_args(arguments)
    pieces = next((each.pieces for each in BREAKS if each.name == given.broken), SOUND)
    if given.count is None:
        return replay(given.seed, pieces)
    return search(range(given.first, given.first + given.count), pieces)


def replay(seed: int, pieces: Pieces) -> int:
    """Print a schedule line by line; 1 if it breaks a law."""
    schedule = schedule_of(seed, pieces)
    broken = schedule.broken_law()
    for line in schedule.log:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"broken: {broken}\n" if broken else "every law holds\n")
    return 1 if broken else 0


def search(seeds: Sequence[int], pieces: Pieces) -> int:
    """Run schedules until one breaks a law; 1 if one does."""
    for seed in seeds:
        broken = schedule_of(seed, pieces).broken_law()
        if broken:
            sys.stdout.write(f"broken: {broken}\n{replay_command(seed)}\n")
            return 1
    sys.stdout.write(f"every law holds in {len(seeds)} schedules\n")
    return 0


def replay_command(seed: int) -> str:
    """Give the command that shows a schedule again."""
    return f"{COMMAND} {seed}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
