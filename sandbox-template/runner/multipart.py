"""The body of a presigned POST: its fields in their order, the file last (S3 ignores what comes after it)."""

from __future__ import annotations

import secrets


def encode(fields: dict[str, str], data: bytes) -> tuple[bytes, str]:
    """Returns the body and its content type."""
    boundary = f"patchbay-{secrets.token_hex(16)}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file"\r\nContent-Type: application/octet-stream\r\n\r\n'.encode())
    parts += [data, f"\r\n--{boundary}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={boundary}"
