"""Masks secrets in everything that leaves the sandbox: first by value, then by pattern."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import quote

MASK = "[secret removed]"

STRONG = [
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    r"\bgithub_pat_[A-Za-z0-9_]{20,}",
    r"\bsk-ant-[A-Za-z0-9_-]{16,}",
    r"\bsk-(?:proj-)?[A-Za-z0-9_]{20,}",
    r"\bAIza[0-9A-Za-z_-]{30,}",
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"\be2b_[A-Za-z0-9]{16,}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
]
"""Shapes that are credentials wherever they stand: they also block a patch that adds them."""

WEAK = [
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,8000}?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    r"(?<=x-access-token:)[^@\s'\"]+(?=@)",
    r"(?<=://)[^/\s:@'\"]{1,200}:[^/\s@'\"]{1,500}(?=@)",
    r"(?i:(?<=bearer )[A-Za-z0-9._~+/=-]{20,})",
    r"(?i:(?<=authorization: basic )[A-Za-z0-9+/=]{8,})",
    r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}",
    r"(?<=X-Amz-Signature=)[0-9a-fA-F]{16,}",
    r"(?<=X-Amz-Security-Token=)[A-Za-z0-9%/+=_-]{16,}",
    r"(?i:(?<=aws_secret_access_key)\s*[=:]\s*[A-Za-z0-9/+]{40})",
]

_ALL = re.compile("|".join(f"(?:{pattern})" for pattern in [*WEAK, *STRONG]))
_STRONG = re.compile("|".join(f"(?:{pattern})" for pattern in STRONG))
# The parts of a patch that carry content of the base commit must not hide a new secret, hence lines, not the whole.
_EXAMPLE = re.compile(r"EXAMPLE|X{6,}|x{6,}|0{8,}")


class Redactor:
    def __init__(self, secrets: list[str]) -> None:
        self._values: list[str] = []
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str) -> None:
        """Masks this value, and its base64 (alone and as basic credentials) and URL-encoded forms, from now on."""
        if len(secret) < 6:
            return
        raw = secret.encode()
        basic = base64.b64encode(b"x-access-token:" + raw).decode()
        forms = {secret, quote(secret, safe=""), base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(), basic}
        self._values = sorted({*self._values, *forms, *(form.rstrip("=") for form in forms)}, key=len, reverse=True)

    def text(self, value: str) -> str:
        for secret in self._values:
            value = value.replace(secret, MASK)
        return _ALL.sub(MASK, value)

    def json(self, value: Any) -> Any:
        """The same shape with every string masked, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.json(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.json(item) for item in value]
        return value

    def holds_value(self, data: bytes) -> bool:
        return any(secret.encode() in data for secret in self._values)

    def added_secret(self, patch: str) -> bool:
        """Whether a line that this patch adds holds a secret: one handed to this run, or one by its shape. A shape that
        the patch also removes was in the repository before; documented placeholders do not count."""
        added = "\n".join(line[1:] for line in patch.splitlines() if line.startswith("+") and not line.startswith("+++ "))
        if any(secret in added for secret in self._values):
            return True
        removed = "\n".join(line[1:] for line in patch.splitlines() if line.startswith("-"))
        found = (match.group(0) for match in _STRONG.finditer(added))
        return any(secret not in removed and not _EXAMPLE.search(secret) for secret in found)
