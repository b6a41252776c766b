"""Durations as people write them."""

from .parsing import DurationError, parse_duration

__all__ = ["DurationError", "parse_duration"]
