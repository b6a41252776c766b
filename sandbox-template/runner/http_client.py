"""HTTP by the standard library, with timeouts, through HTTP_PROXY / HTTPS_PROXY where they are set.

No address is exempt from the proxy, loopback neither: in the laptop's jail the proxy is the only way to anywhere, and what
listens on the host's loopback is reached by its name through it.
"""

from __future__ import annotations

import base64
import http.client
import os
import socket
import ssl
import threading
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

MAX_BODY = 16 * 1024 * 1024


class Unreachable(Exception):
    """No complete reply: refused, reset, timed out, no such name, too large."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class Http:
    """Requests of one caller; `abort` closes the one that is in progress, from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: http.client.HTTPConnection | None = None

    def request(self, method: str, url: str, *, headers: dict[str, str], body: bytes, timeout: float) -> Reply:
        try:
            parts = urlsplit(url)
            connection, target, extra = _connection(parts, timeout)
        except ValueError as error:
            raise Unreachable(f"not an address: {error}") from error
        with self._lock:
            self._open = connection
        try:
            connection.request(method, target, body=body, headers={"Connection": "close", **extra, **headers})
            response = connection.getresponse()
            data = response.read(MAX_BODY + 1)
            if len(data) > MAX_BODY:
                raise Unreachable("the reply is larger than 16 MB")
            return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, data)
        # AttributeError: a connection that `abort` closed under the library's hands.
        except (OSError, http.client.HTTPException, AttributeError, ValueError) as error:
            raise Unreachable(f"{parts.hostname}: {error or type(error).__name__}") from error
        finally:
            with self._lock:
                self._open = None
            connection.close()

    def abort(self) -> None:
        with self._lock:
            sock = self._open.sock if self._open else None
        if sock is None:
            return
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def _connection(parts: SplitResult, timeout: float) -> tuple[http.client.HTTPConnection, str, dict[str, str]]:
    """The connection, the request target on it (a whole URL for a plain proxy), and headers for the proxy."""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unreachable(f"not an http address: {parts.scheme}")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = parts.port or (443 if secure else 80)
    proxy = _proxy(parts.scheme)
    if proxy is None:
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        options = {"context": ssl.create_default_context()} if secure else {}
        return kind(parts.hostname, port, timeout=timeout, **options), path, {}
    credentials = _proxy_credentials(proxy)
    if secure:
        tunnel = http.client.HTTPSConnection(proxy.hostname or "", proxy.port or 3128, timeout=timeout, context=ssl.create_default_context())
        tunnel.set_tunnel(parts.hostname, port, headers=credentials)
        return tunnel, path, {}
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    forward = http.client.HTTPConnection(proxy.hostname or "", proxy.port or 3128, timeout=timeout)
    return forward, f"http://{host}:{port}{path}", {"Host": f"{host}:{port}", **credentials}


def _proxy(scheme: str) -> SplitResult | None:
    name = f"{scheme}_proxy"
    value = os.environ.get(name) or os.environ.get(name.upper())
    if not value:
        return None
    return urlsplit(value if "://" in value else f"http://{value}")


def _proxy_credentials(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
