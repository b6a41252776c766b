"""One flag that ends a run: cancelled, terminated, timed_out or settled. Whoever waits, waits on it."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Callable


class Stopped(Exception):
    """The run was asked to end; the finaliser takes over."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Stop:
    def __init__(self) -> None:
        self.reason: str | None = None
        self.signalled = False
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._interrupts: list[Callable[[], None]] = []

    def request(self, reason: str) -> None:
        """The first reason stays. Interrupts (kill the child, close the socket) run once, in the caller's thread."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            interrupts = list(self._interrupts)
        self._event.set()
        for interrupt in interrupts:
            interrupt()

    def on_request(self, interrupt: Callable[[], None]) -> None:
        with self._lock:
            self._interrupts.append(interrupt)

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        return self._event.wait(seconds)

    def check(self) -> None:
        if self.reason is not None:
            raise Stopped(self.reason)

    def listen_to_signals(self) -> None:
        """The handler sets a plain attribute only: a lock taken here could be the one that the main thread holds, and an
        exception raised here is swallowed by whatever `except Exception` happens to run."""

        def handler(_signum: int, _frame: FrameType | None) -> None:
            self.signalled = True

        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(name, handler)
