"""Events that are not acknowledged yet. Each gets its src_seq when it is first handed out, so that evicting an unsent one
leaves no gap; all are also written to a file on disk."""

from __future__ import annotations

import json
import threading
from collections import deque
from pathlib import Path
from typing import Any

from .clock import now_iso
from .redaction import Redactor

BATCH_EVENTS = 50
BATCH_BYTES = 200 * 1024
EVENT_BYTES = 3_600
MAX_WAITING = 1_000
EVICTED_FIRST = ("step", "note")

Event = dict[str, Any]


class EventSpool:
    def __init__(self, path: Path, redactor: Redactor) -> None:
        self._redactor = redactor
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._waiting: deque[Event] = deque()
        self._sent: deque[Event] = deque()
        self._next_seq = 1
        self._ack = 0
        self._changed = threading.Condition(self._lock)

    def add(self, kind: str, data: dict[str, Any]) -> Event:
        event: Event = {"type": kind, "at": now_iso(), "data": fit(self._redactor.json(data))}
        with self._lock:
            self._waiting.append(event)
            if len(self._waiting) > MAX_WAITING:
                # A milestone is never given up; should all be milestones, the queue grows.
                victim = next((one for one in self._waiting if one["type"] in EVICTED_FIRST), None)
                if victim is not None:
                    self._waiting.remove(victim)
        return event

    def batch(self) -> tuple[int, list[Event]]:
        """The first src_seq of the batch (the next one if it is empty), and the oldest unacknowledged events."""
        with self._lock:
            while self._waiting and len(self._sent) < BATCH_EVENTS:
                event = self._waiting.popleft()
                event["src_seq"] = self._next_seq
                self._next_seq += 1
                self._sent.append(event)
                self._write(event)
            events: list[Event] = []
            size = 0
            for event in list(self._sent)[:BATCH_EVENTS]:
                size += len(json.dumps(event))
                if events and size > BATCH_BYTES:
                    break
                events.append({name: event[name] for name in ("src_seq", "type", "at", "data")})
            return (events[0]["src_seq"] if events else self._next_seq), events

    def _write(self, event: Event) -> None:
        try:
            self._file.write(json.dumps(event) + "\n")
            self._file.flush()
        except OSError:
            # A full disk; the event is in memory, and sending it matters more than the copy.
            return

    def acknowledge(self, ack: int) -> None:
        with self._changed:
            self._ack = max(self._ack, ack)
            while self._sent and self._sent[0]["src_seq"] <= self._ack:
                self._sent.popleft()
            self._changed.notify_all()

    def is_empty(self) -> bool:
        with self._lock:
            return not self._sent and not self._waiting

    def is_acknowledged(self, event: Event) -> bool:
        with self._lock:
            return "src_seq" in event and event["src_seq"] <= self._ack

    def strip_first(self) -> None:
        """The server refuses the first event for good: its data goes, and if that was not it, the event itself."""
        with self._lock:
            if not self._sent:
                return
            first = self._sent[0]
            if first["data"] == {"refused": True}:
                self._sent.popleft()
            else:
                first["data"] = {"refused": True}


def fit(data: dict[str, Any]) -> dict[str, Any]:
    """Shortens the longest strings and lists until the JSON text is under the socket's limit."""
    limit = 1_500
    while len(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")) > EVENT_BYTES and limit > 8:
        data = _shorten(data, limit)
        limit = limit * 2 // 3
    return data


def _shorten(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= limit else value[: limit - 1] + "…"
    if isinstance(value, list):
        return [_shorten(item, limit) for item in value[: max(3, limit // 40)]]
    if isinstance(value, dict):
        return {key: _shorten(item, limit) for key, item in value.items()}
    return value
