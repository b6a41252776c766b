"""logs.txt: what a person reads of this run. Masked as it is written, capped, and read back in parts by byte offset."""

from __future__ import annotations

import threading
from pathlib import Path

from .clock import now_iso
from .redaction import Redactor

MAX_BYTES = 5 * 1024 * 1024
ENTRY_BYTES = 24 * 1024


class RunLog:
    def __init__(self, path: Path, redactor: Redactor, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self._redactor = redactor
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._file = path.open("ab")
        self._size = self._file.tell()
        self._full = False

    def line(self, text: str) -> None:
        self._write(f"{now_iso()} {text}\n")

    def block(self, title: str, text: str) -> None:
        """A command with its output; a long one keeps its two ends."""
        text = self._redactor.text(text)
        if len(text) > ENTRY_BYTES:
            half = ENTRY_BYTES // 2
            text = f"{text[:half]}\n… {len(text) - ENTRY_BYTES} characters left out …\n{text[-half:]}"
        self._write(f"{now_iso()} {title}\n{text.rstrip()}\n" if text.strip() else f"{now_iso()} {title}\n")

    def _write(self, text: str) -> None:
        data = self._redactor.text(text).encode("utf-8", "replace")
        with self._lock:
            if self._full:
                return
            if self._size + len(data) > self._max_bytes - 100:
                self._full = True
                data = b"The log is full; the rest is left out.\n"
            try:
                self._file.write(data)
                self._file.flush()
            except OSError:
                # A full disk: the run goes on as long as it can, and its result says why it ended.
                self._full = True
                return
            self._size += len(data)

    def read(self, offset: int, max_bytes: int) -> bytes:
        with self._lock:
            size = self._size
        if size <= offset:
            return b""
        with self.path.open("rb") as file:
            file.seek(offset)
            return file.read(min(max_bytes, size - offset))
