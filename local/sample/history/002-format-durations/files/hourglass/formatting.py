"""timedelta to text."""

from datetime import timedelta


def format_duration(value: timedelta) -> str:
    """The shortest text that parses back to the same duration, to the second: `1h30m`, `2d4h`, `0s`."""
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [(value.days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s")]
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0s"
