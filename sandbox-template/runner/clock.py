"""Time of one run: real seconds until the deadline, and production seconds divided by `time_scale`."""

from __future__ import annotations

import time
from datetime import datetime, timezone

FINALISE_SECONDS = 12.0
"""Kept back at the end of the run for the diff, the files and the last callbacks."""


class Clock:
    def __init__(self, deadline_epoch: float, time_scale: float) -> None:
        self.time_scale = time_scale
        self.started = time.monotonic()
        self.total = max(0.0, deadline_epoch - time.time())
        self.deadline = self.started + self.total
        self.soft_deadline = self.deadline - min(FINALISE_SECONDS, self.total * 0.15)
        """When the run is stopped as timed_out, so that it has ended by the deadline."""

    def scaled(self, production_seconds: float) -> float:
        return production_seconds / self.time_scale

    def left(self) -> float:
        """Real seconds until the soft deadline; never negative."""
        return max(0.0, self.soft_deadline - time.monotonic())

    def elapsed_ms(self) -> int:
        return int((time.monotonic() - self.started) * 1000)


def now_iso() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
