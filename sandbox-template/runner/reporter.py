"""Tells the control plane what happens, and hears what it wants: a thread of its own, from the first second to the last.

No failure in here ever fails the run: an unreachable control plane is retried until the run has ended anyway.
"""

from __future__ import annotations

import json
import random
import threading
import time
import traceback
from contextlib import contextmanager
from typing import Any, Callable, Iterator

from .clock import Clock
from .event_spool import Event, EventSpool
from .http_client import Http, Reply, Unreachable
from .stop import Stop

BEAT_SECONDS = 30.0
REQUEST_SECONDS = 10.0
BACKOFF_SECONDS = (0.5, 15.0)
GATHER_SECONDS = 0.2


class Reporter(threading.Thread):
    def __init__(self, url: str, token: str, *, spool: EventSpool, clock: Clock, stop: Stop, beat: Callable[[], dict[str, Any]]) -> None:
        super().__init__(name="reporter", daemon=True)
        self._url = url
        self._token = token
        self._spool = spool
        self._clock = clock
        self._stop = stop
        self._beat = beat
        self._http = Http()
        self._lock = threading.Condition()
        self._urgent = True
        self._closing = False
        self._waiting = 0
        self._finished = threading.Event()
        self._failures = 0
        self._refusals = 0
        self._locked_ack = 0
        self._settled = False
        self._mint: list[str] = []
        self._minted: dict[str, dict[str, Any]] = {}
        self._saved: list[dict[str, Any]] = []

    def emit(self, kind: str, /, **data: Any) -> Event:
        event = self._spool.add(kind, data)
        self._poke()
        return event

    def wait_locked(self, event: Event, seconds: float = float("inf")) -> bool:
        """Waits until a reply that covers `event` says `locked`; false when the time is over or the run was stopped."""
        until = time.monotonic() + seconds
        with self._waiting_for_a_reply():
            while not self._stop.is_set() and time.monotonic() < until:
                if self._locked_ack and self._locked_ack >= event.get("src_seq", 1 << 60):
                    return True
                if not self._lock.wait(min(1.0, max(0.05, self._clock.scaled(1.0)))):
                    # A lock comes with a reply only: ask again, without waiting for the next beat.
                    self._urgent = True
                    self._lock.notify_all()
        return False

    def mint(self, names: list[str], seconds: float) -> dict[str, dict[str, Any]]:
        """Asks for presigned POSTs, and returns those that came within `seconds`."""
        with self._lock:
            self._mint = names
            self._minted = {}
        self._poke()
        until = time.monotonic() + seconds
        with self._waiting_for_a_reply():
            while not self._minted and time.monotonic() < until and not self._settled and not self._finished.is_set():
                self._lock.wait(0.1)
            self._mint = []
            return self._minted

    def saved(self, entries: list[dict[str, Any]]) -> None:
        with self._lock:
            self._saved += entries
        self._poke()

    def close(self, seconds: float) -> bool:
        """Delivers what is left; true when everything is acknowledged (or nothing more is accepted)."""
        with self._lock:
            self._closing = True
        self._poke()
        self._finished.wait(seconds)
        return self._spool.is_empty() or self._settled

    @contextmanager
    def _waiting_for_a_reply(self) -> Iterator[None]:
        """Holds the lock. While somebody waits, nothing is gathered before a request."""
        with self._lock:
            self._waiting += 1
            self._lock.notify_all()
            try:
                yield
            finally:
                self._waiting -= 1

    def _poke(self) -> None:
        with self._lock:
            self._urgent = True
            self._lock.notify_all()

    def run(self) -> None:
        next_beat = 0.0
        while not self._settled:
            with self._lock:
                while not self._urgent and not self._closing and time.monotonic() < next_beat:
                    self._lock.wait(max(0.01, next_beat - time.monotonic()))
                # Events come in bursts, and a burst is one request.
                self._lock.wait_for(lambda: self._closing or self._waiting > 0, min(GATHER_SECONDS, self._clock.scaled(GATHER_SECONDS * 5)))
                self._urgent = False
                closing = self._closing
            next_beat = time.monotonic() + self._clock.scaled(BEAT_SECONDS)
            if self._try_exchange():
                self._failures = 0
                if not self._spool.is_empty() or self._saved:
                    self._urgent = True
                elif closing:
                    break
            elif closing and self._refusals >= 3:
                break
            else:
                self._back_off()
                self._urgent = True
        self._finished.set()

    def _back_off(self) -> None:
        self._failures += 1
        low, high = BACKOFF_SECONDS
        seconds = min(high, low * 2 ** (self._failures - 1)) * random.uniform(0.7, 1.0)
        ceiling = 0.5 if self._closing else seconds
        time.sleep(max(0.02, min(self._clock.scaled(seconds), ceiling)))

    def _try_exchange(self) -> bool:
        try:
            return self._exchange()
        except Exception:
            # Without this thread the sandbox falls silent and is given up: it must outlive any fault of its own.
            traceback.print_exc()
            return False

    def _exchange(self) -> bool:
        first, events = self._spool.batch()
        with self._lock:
            saved = self._saved[:8]
            body: dict[str, Any] = {"from": first, "events": events, "hb": self._beat()}
            if self._mint:
                body["mint"] = self._mint[:8]
            if saved:
                body["saved"] = saved
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            reply = self._http.request("POST", self._url, headers=headers, body=json.dumps(body).encode(), timeout=REQUEST_SECONDS)
        except Unreachable:
            return False
        if reply.status != 200:
            self._refused(reply)
            return False
        return self._heard(reply, saved)

    def _refused(self, reply: Reply) -> None:
        if reply.status in (400, 413, 422):
            self._spool.strip_first()
            with self._lock:
                self._saved = []
        if reply.status in (401, 403, 404, 410):
            self._refusals += 1

    def _heard(self, reply: Reply, saved: list[dict[str, Any]]) -> bool:
        try:
            said = json.loads(reply.body)
            ack, state, locked = int(said["ack"]), str(said["state"]), bool(said.get("locked"))
            uploads = said.get("uploads") or {}
        except (ValueError, KeyError, TypeError):
            return False
        self._refusals = 0
        self._spool.acknowledge(ack)
        with self._lock:
            self._saved = [entry for entry in self._saved if entry not in saved]
            if locked:
                self._locked_ack = ack
            if uploads:
                self._minted = uploads
            self._settled = state == "settled"
            self._lock.notify_all()
        if state == "cancel":
            self._stop.request("cancelled")
        if state == "settled":
            self._stop.request("settled")
        return True
