"""Text to timedelta."""

import re
from datetime import timedelta

from .units import SECONDS

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([wdhms])")


class DurationError(ValueError):
    """The text is not a duration."""


def parse_duration(text: str) -> timedelta:
    """Parses `1h30m`, `2d 4h`, `1.5h`. Each unit may appear once, in any order."""
    cleaned = text.strip().lower()
    seconds = 0.0
    seen = set()
    position = 0
    for part in _PART.finditer(cleaned):
        if cleaned[position : part.start()].strip():
            raise DurationError(f"cannot read {text!r}")
        number, unit = part.groups()
        if unit in seen:
            raise DurationError(f"{unit!r} appears twice in {text!r}")
        seen.add(unit)
        seconds += float(number) * SECONDS[unit]
        position = part.end()
    if not seen or cleaned[position:].strip():
        raise DurationError(f"cannot read {text!r}")
    return timedelta(seconds=seconds)
