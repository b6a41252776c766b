"""The only way out of a jail: 127.0.0.1:3128 in its network namespace, forwarded to the server's proxy.

A program that honours the proxy variables also sends what it wants from its own localhost here. The server says which
loopback addresses are its own; any other is answered inside the jail, as it would be without a proxy.
"""

import re
import socket
import threading

PORT = 3128
HEAD_LIMIT = 64 * 1024
LOOPBACK = re.compile(rb"^(?:localhost|127(?:\.\d+){3}|\[::1\])$", re.IGNORECASE)
UPGRADE = re.compile(rb"\r\nupgrade:", re.IGNORECASE)
REQUEST = re.compile(rb"^(\S+) (?:http://)?([^\s/:\[]+|\[[^\]]+\])(?::(\d+))?(/?\S*) (HTTP/1\.[01])\r\n")


def listen_for_egress() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", PORT))
    listener.listen(512)
    return listener


def forward_egress(listener: socket.socket, server_socket: str) -> None:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_forward, args=(client, server_socket), daemon=True).start()


def _forward(client: socket.socket, server_socket: str) -> None:
    upstream = None
    try:
        head = _read_head(client)
        request = REQUEST.match(head)
        if request and LOOPBACK.match(request[2]) and not _belongs_to_server(server_socket, request):
            upstream, head = _connect_inside(client, head, request)
        else:
            upstream = _connect_server(server_socket)
        upstream.sendall(head)
        back = threading.Thread(target=_pump, args=(upstream, client), daemon=True)
        back.start()
        _pump(client, upstream)
        back.join()
    except OSError:
        return
    finally:
        for side in (client, upstream):
            if side:
                side.close()


def _read_head(client: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < HEAD_LIMIT:
        data = client.recv(16384)
        if not data:
            break
        head += data
    return head


def _belongs_to_server(server_socket: str, request: re.Match) -> bool:
    """Asks before anything is sent: a body could not be taken back."""
    with _connect_server(server_socket) as probe:
        port = request[3] or b"80"
        probe.sendall(b"OPTIONS http://%s:%s/ HTTP/1.0\r\nX-Patchbay-Route: ?\r\n\r\n" % (request[2], port))
        return probe.recv(64).startswith(b"HTTP/1.1 204")


def _connect_inside(client: socket.socket, head: bytes, request: re.Match) -> tuple[socket.socket, bytes]:
    """A tunnel as it is; a plain request in origin form, one to a connection, an upgrade with its own headers."""
    host = "::1" if request[2].startswith(b"[") else "127.0.0.1"
    try:
        upstream = socket.create_connection((host, int(request[3] or 80)), 10)
    except OSError:
        client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        raise
    upstream.settimeout(None)
    if request[1] == b"CONNECT":
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return upstream, head[head.index(b"\r\n\r\n") + 4 :]
    if UPGRADE.search(head):
        return upstream, b"%s %s %s\r\n" % (request[1], request[4] or b"/", request[5]) + head[request.end() :]
    first = b"%s %s %s\r\nConnection: close\r\n" % (request[1], request[4] or b"/", request[5])
    rest = re.sub(rb"(?im)^(?:proxy-)?connection:[^\r\n]*\r\n", b"", head[request.end() :])
    return upstream, first + rest


def _connect_server(path: str) -> socket.socket:
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.connect(path)
    return server


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for side in (source, target):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
