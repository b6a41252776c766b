"""Adds up a timesheet: one line per entry, a label, a tab or two spaces, and a duration."""

import re
from datetime import timedelta
from typing import Dict, Iterable

from .formatting import format_duration
from .parsing import parse_duration

_LINE = re.compile(r"^(?P<label>.+?)(?:\t|  )\s*(?P<duration>\S.*)$")


def totals(lines: Iterable[str]) -> Dict[str, timedelta]:
    """Sum by label, in the order in which labels first appear. Empty lines and comments are skipped."""
    sums: Dict[str, timedelta] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _LINE.match(line.rstrip("\n"))
        if not found:
            raise ValueError(f"line {number}: no duration")
        label = found["label"].strip()
        sums[label] = sums.get(label, timedelta(0)) + parse_duration(found["duration"])
    return sums


def report(lines: Iterable[str]) -> str:
    """The totals as a table."""
    sums = totals(lines)
    width = max((len(label) for label in sums), default=0)
    return "\n".join(f"{label:<{width}}  {format_duration(total)}" for label, total in sums.items())
