"""Masks secrets in everything that leaves the sandbox: first by value, then by pattern."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import quote

MASK = "[secret removed]"

STRONG = [
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,})",
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    r"\bsk-ant-[A-Za-z0-9_-]{20,}",
    r"\bsk-(?:proj-|svcacct-)?[A-Za-z0-9]{32,}",
    r"\bAIza[0-9A-Za-z_-]{35}\b",
    r"\bxox[abprs]-[0-9A-Za-z-]{20,}",
    r"\be2b_[0-9a-f]{32,}\b",
    r"X-Amz-Signature=[0-9a-f]{64}",
]
"""Secrets beyond doubt: a patch that adds one is withheld. The same table as core/job/patch-secrets.ts."""

WEAK = [
    r"\bgh[pousr]_[A-Za-z0-9]{20,}",
    r"\bsk-[A-Za-z0-9_-]{20,}",
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"\be2b_[A-Za-z0-9]{16,}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[A-Za-z0-9+/=\s\\]{0,8000}(?:-----END [A-Z ]*PRIVATE KEY-----)?",
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
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


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
        """Whether a line that this patch adds holds a secret: one handed to this run, or one by its shape. A line that the
        patch only moves is not added."""
        if any(secret in patch for secret in self._values):
            return True
        added, removed = _changed_lines(patch)
        return any(_STRONG.search(line) for line in added if line.strip() not in removed)


def _changed_lines(patch: str) -> tuple[list[str], set[str]]:
    """Added and removed lines. Hunk headers say how many follow, so a removed `-- a` is no header."""
    added: list[str] = []
    removed: set[str] = set()
    before = after = 0
    for line in patch.split("\n"):
        if before > 0 or after > 0:
            if line.startswith("\\"):
                continue
            before -= not line.startswith("+")
            after -= not line.startswith("-")
            if line.startswith("+"):
                added.append(line[1:])
            elif line.startswith("-"):
                removed.add(line[1:].strip())
        elif hunk := _HUNK.match(line):
            before, after = (1 if count is None else int(count) for count in hunk.groups())
    return added, removed
