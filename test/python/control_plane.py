"""A control plane in one process, for tests: callbacks, presigned POST and model gateway on one loopback port."""

from __future__ import annotations

import email.parser
import email.policy
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Turn = dict[str, Any]
Answer = tuple[int, dict[str, Any]]
TOKEN = "attempt-token-canary-5a2f7c0e9d"


def call(command: object, thought: str = "next", **extra: Any) -> Turn:
    """A turn with one bash call."""
    arguments = command if isinstance(command, str) and extra.pop("raw", False) else json.dumps({"command": command})
    return {"content": thought, "tool_calls": [{"id": "c", "name": "bash", "arguments": arguments}], **extra}


def text_only(text: str) -> Turn:
    return {"content": text, "tool_calls": []}


SUBMIT = call("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT")
PLAN = call('echo \'{"summary": "do it", "steps": [{"id": 1, "title": "edit"}]}\' >"$PATCHBAY_PLAN"')
PLANNING = [PLAN, SUBMIT]


class ControlPlane:
    """`phases` are the model's turns; a turn may be a function that returns an answer (status, body) or a turn."""

    def __init__(self, phases: dict[str, list[Any]] | None = None) -> None:
        self.phases = phases or {}
        self.latency_scale = 0.0
        self.locked = True
        self.state: Callable[["ControlPlane"], str] = lambda _: "go"
        self.callbacks_up: Callable[["ControlPlane"], bool] = lambda _: True
        self.refuse_event: Callable[[dict[str, Any]], bool] = lambda _: False
        self.take_uploads: Callable[["ControlPlane"], bool] = lambda _: True
        self.events: list[dict[str, Any]] = []
        self.beats: list[tuple[float, dict[str, Any]]] = []
        self.requests: list[dict[str, Any]] = []
        self.turns: list[str] = []
        self.model_requests: list[dict[str, Any]] = []
        self.uploads: list[tuple[str, bytes]] = []
        self.saved: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.downs = 0
        self.cost = 0.01
        self.spent = 0.0
        self.changed = threading.Condition()
        plane = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                status, answer, headers = plane.answer(self.path, dict(self.headers), body)
                data = json.dumps(answer).encode() if not isinstance(answer, bytes) else answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A runner that was stopped hangs up in the middle of a reply."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def wait_for(self, condition: Callable[["ControlPlane"], bool], seconds: float = 15.0) -> bool:
        until = time.monotonic() + seconds
        with self.changed:
            while not condition(self):
                if time.monotonic() > until:
                    return False
                self.changed.wait(0.05)
        return True

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def first(self, kind: str) -> dict[str, Any]:
        return next(event["data"] for event in self.events if event["type"] == kind)

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        path = path.removeprefix(self.url)
        if path == "/upload":
            return self._upload(headers, body)
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"code": "unauthorized"}, {}
        self.bodies.append(body)
        if path == "/v1/chat/completions":
            return self._model(headers, json.loads(body))
        return self._callback(json.loads(body))

    def _callback(self, said: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        with self.changed:
            self.beats.append((time.monotonic(), said["hb"]))
            if not self.callbacks_up(self):
                self.downs += 1
                return 503, {}, {}
            if any(self.refuse_event(event) for event in said["events"]):
                return 422, {"code": "invalid"}, {}
            self.requests.append(said)
            known = self.events[-1]["src_seq"] if self.events else 0
            self.events += [event for event in said["events"] if event["src_seq"] > known]
            self.saved += said.get("saved", [])
            reply: dict[str, Any] = {"ack": self.events[-1]["src_seq"] if self.events else 0, "state": self.state(self), "locked": self.locked}
            if said.get("mint"):
                reply["uploads"] = {name: {"url": f"{self.url}/upload", "fields": {"key": name, "policy": "p"}, "max_bytes": 5_000_000} for name in said["mint"]}
            self.changed.notify_all()
            return 200, reply, {}

    def _upload(self, headers: dict[str, str], body: bytes) -> tuple[int, Any, dict[str, str]]:
        if not self.wait_for(self.take_uploads):
            return 503, b"", {}
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
        parts = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in message.iter_parts()}
        with self.changed:
            self.uploads.append((parts["key"].decode(), parts["file"]))
            self.changed.notify_all()
        return 204, b"", {}

    def _model(self, headers: dict[str, str], asked: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        turn_name = headers["x-patchbay-turn"]
        phase, number = turn_name.split("/")
        with self.changed:
            self.turns.append(turn_name)
            self.model_requests.append(asked)
            self.changed.notify_all()
        turns = self.phases.get(phase, [])
        if int(number) >= len(turns):
            return 404, {"code": "replay_exhausted", "message": f"no turn {turn_name}"}, {}
        turn = turns[int(number)]
        if callable(turn):
            turn = turn(self)
        if isinstance(turn, tuple):
            return turn[0], turn[1], turn[2] if len(turn) > 2 else {}
        time.sleep(turn.get("latency_ms", 0) / 1000 * self.latency_scale)
        self.spent += self.cost
        calls = [{"id": one["id"], "type": "function", "function": {"name": one["name"], "arguments": one["arguments"]}} for one in turn["tool_calls"]]
        message = {"role": "assistant", "content": turn["content"], **({"tool_calls": calls} if calls else {})}
        usage = turn.get("usage", {"prompt_tokens": 100, "completion_tokens": 10, "cached_tokens": 50})
        usage = {**{k: usage[k] for k in ("prompt_tokens", "completion_tokens")}, "prompt_tokens_details": {"cached_tokens": usage["cached_tokens"]}}
        return 200, {
            "id": "r", "object": "chat.completion", "model": asked["model"], "usage": usage,
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}],
            "patchbay": {"cost_usd": self.cost, "spent_usd": self.spent, "calls": len(self.turns)},
        }, {}  # fmt: skip
