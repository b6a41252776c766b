"""Stores the newest diff, the plan and new parts of the log outside the sandbox, which may die without a word."""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import multipart
from .clock import Clock
from .http_client import Http, Unreachable
from .reporter import Reporter
from .run_log import RunLog

CHECKPOINT_SECONDS = 60.0
MINT_SECONDS = 12.0
UPLOAD_SECONDS = 15.0
LOG_PART_BYTES = 1024 * 1024


@dataclass
class Sources:
    """What is stored: the patch as it is now (None: not yet, or it must not leave), the plan's file, the log."""

    patch: Callable[[], bytes | None]
    plan: Path
    log: RunLog


class Checkpoints(threading.Thread):
    def __init__(self, reporter: Reporter, clock: Clock, sources: Sources) -> None:
        super().__init__(name="checkpoints", daemon=True)
        self._reporter = reporter
        self._clock = clock
        self._sources = sources
        self._http = Http()
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._busy = threading.Lock()
        self._stored: dict[str, str] = {}
        self._log_offset = 0

    def run(self) -> None:
        while not self._closed.is_set():
            self._wake.wait(self._clock.scaled(CHECKPOINT_SECONDS))
            self._wake.clear()
            if not self._closed.is_set():
                self._try(MINT_SECONDS, UPLOAD_SECONDS)

    def close(self, seconds: float) -> None:
        """The last one, with what is final by now; gives up after `seconds`."""
        self._closed.set()
        self._wake.set()
        self._http.abort()
        until = time.monotonic() + seconds
        if self._busy.acquire(timeout=max(0.01, seconds / 2)):
            self._busy.release()
            left = max(0.1, until - time.monotonic())
            self._try(left / 2, left / 2)

    def _try(self, mint_seconds: float, upload_seconds: float) -> None:
        """A checkpoint that fails is made up for by the next one; none ever fails the run."""
        try:
            self.store(mint_seconds, upload_seconds)
        except Exception as error:
            self._sources.log.line(f"a checkpoint failed: {type(error).__name__}: {error}")

    def store(self, mint_seconds: float, upload_seconds: float) -> None:
        with self._busy:
            changed = self._changed()
            if not changed:
                return
            uploads = self._reporter.mint(list(changed), mint_seconds)
            until = time.monotonic() + upload_seconds
            saved = []
            for name, data in changed.items():
                upload = uploads.get(name)
                left = until - time.monotonic()
                if upload is None or left <= 0 or not self._upload(upload, data, left):
                    continue
                saved.append({"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()})
                self._remember(name, data)
            if saved:
                self._reporter.saved(saved)

    def _changed(self) -> dict[str, bytes]:
        changed: dict[str, bytes] = {}
        patch = self._sources.patch()
        if patch:
            changed["diff.patch"] = patch
        elif patch is not None and self._stored.get("diff.patch"):
            changed["diff.patch"] = b""
        if self._sources.plan.is_file():
            changed["plan.json"] = self._sources.plan.read_bytes()
        changed = {name: data for name, data in changed.items() if self._stored.get(name) != hashlib.sha256(data).hexdigest()}
        part = self._sources.log.read(self._log_offset, LOG_PART_BYTES)
        if part:
            changed[f"logs/{self._log_offset:010d}"] = part
        return changed

    def _remember(self, name: str, data: bytes) -> None:
        if name.startswith("logs/"):
            self._log_offset += len(data)
        else:
            self._stored[name] = hashlib.sha256(data).hexdigest()

    def _upload(self, upload: dict[str, object], data: bytes, seconds: float) -> bool:
        if len(data) > int(str(upload.get("max_bytes", 0))):
            return False
        fields = upload.get("fields")
        body, content_type = multipart.encode(fields if isinstance(fields, dict) else {}, data)
        try:
            reply = self._http.request("POST", str(upload["url"]), headers={"Content-Type": content_type}, body=body, timeout=seconds)
        except Unreachable:
            return False
        return 200 <= reply.status < 300
