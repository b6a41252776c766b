"""HTTP by the standard library: through a proxy in every case, bounded, and closed from another thread."""

from __future__ import annotations

import http.server
import os
import socket
import threading
import time
import unittest
from unittest import mock

import runner_case  # noqa: F401  (puts the runner on the path)

from runner import multipart
from runner.http_client import Http, Unreachable


class Proxy(http.server.BaseHTTPRequestHandler):
    seen: list[tuple[str, str]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, self.headers["Host"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self) -> None:
        self.seen.append((f"CONNECT {self.path}", self.headers.get("Host", "")))
        self.send_error(403, "egress denied")

    def log_message(self, *_: object) -> None:
        return


class HttpClient(unittest.TestCase):
    def setUp(self) -> None:
        Proxy.seen = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.proxy = f"http://127.0.0.1:{self.server.server_address[1]}"

    def post(self, url: str, **env: str) -> bytes:
        clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        with mock.patch.dict(os.environ, {**clean, **env}, clear=True):
            return Http().request("POST", url, headers={"Content-Type": "text/plain"}, body=b"hi", timeout=5).body

    def test_goes_through_the_proxy_for_loopback_too(self) -> None:
        self.assertEqual(self.post("http://127.0.0.1:9/a?b=c", HTTP_PROXY=self.proxy, NO_PROXY="127.0.0.1"), b"hi")
        self.assertEqual(self.post("http://gateway.internal/a", http_proxy=self.proxy), b"hi")

        self.assertEqual(Proxy.seen, [("http://127.0.0.1:9/a?b=c", "127.0.0.1:9"), ("http://gateway.internal:80/a", "gateway.internal:80")])

    def test_tunnels_https(self) -> None:
        with self.assertRaisesRegex(Unreachable, "403"):
            self.post("https://api.example.org/x", HTTPS_PROXY=self.proxy)

        self.assertEqual(Proxy.seen[0][0], "CONNECT api.example.org:443")

    def test_goes_directly_without_one(self) -> None:
        self.assertEqual(self.post(f"{self.proxy}/direct"), b"hi")

        self.assertEqual(Proxy.seen[0][0], "/direct")

    def test_a_refused_connection_and_a_broken_address_are_unreachable(self) -> None:
        for url in ("http://127.0.0.1:1/", "ftp://x/", "http://[::1"):
            with self.assertRaises(Unreachable):
                self.post(url)

    def test_abort_ends_a_request_that_waits(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        client = Http()
        threading.Timer(0.2, client.abort).start()
        started = time.monotonic()

        with mock.patch.dict(os.environ, {}, clear=True), self.assertRaises(Unreachable):
            client.request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}/", headers={}, body=b"", timeout=30)

        self.assertLess(time.monotonic() - started, 5)

    def test_a_form_ends_with_the_file(self) -> None:
        body, content_type = multipart.encode({"key": "a/b", "policy": "p"}, b"\0binary\r\n")

        boundary = content_type.split("boundary=")[1].encode()
        parts = body.split(b"--" + boundary)
        self.assertEqual(len(parts), 5)
        self.assertIn(b'name="key"\r\n\r\na/b\r\n', parts[1])
        self.assertTrue(parts[3].endswith(b"\r\n\r\n\0binary\r\n\r\n"))
        self.assertEqual(parts[4], b"--\r\n")


if __name__ == "__main__":
    unittest.main()
