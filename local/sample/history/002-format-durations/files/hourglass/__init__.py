"""Durations as people write them."""

from .formatting import format_duration
from .parsing import DurationError, parse_duration

__all__ = ["DurationError", "format_duration", "parse_duration"]
