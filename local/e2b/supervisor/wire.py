"""Frames between the server and the supervisor: one letter, a big-endian 32-bit length, the payload.

To the supervisor: R request (JSON), i input bytes, c end of input. Back: S started (JSON), o and e output bytes,
X exited (JSON), J result (JSON), E error (JSON: code, message, errno).
"""

import json
import socket
import struct
import threading

HEADER = struct.Struct(">cI")


class Connection:
    """A socket that several threads may write frames to."""

    def __init__(self, client: socket.socket) -> None:
        self._socket = client
        self._lock = threading.Lock()
        self._buffered = client.makefile("rb")

    def receive(self) -> tuple[str, bytes]:
        """The next frame; letter '' at the end of the connection."""
        head = self._buffered.read(HEADER.size)
        if len(head) < HEADER.size:
            return "", b""
        letter, length = HEADER.unpack(head)
        payload = self._buffered.read(length)
        return (letter.decode(), payload) if len(payload) == length else ("", b"")

    def send(self, letter: str, payload: bytes) -> None:
        with self._lock:
            self._socket.sendall(HEADER.pack(letter.encode(), len(payload)) + payload)

    def send_json(self, letter: str, value: object) -> None:
        self.send(letter, json.dumps(value).encode())

    def try_send_json(self, letter: str, value: object) -> None:
        """As send_json, for a peer that may have gone."""
        try:
            self.send_json(letter, value)
        except OSError:
            return

    def close(self) -> None:
        """Ends the connection once the server has: closing over unread input would throw away the answer just sent."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
            while self._socket.recv(65536):
                continue
        except OSError:
            pass
        self._socket.close()
