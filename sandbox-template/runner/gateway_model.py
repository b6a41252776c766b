"""The model behind the gateway, as mini-swe-agent wants one (duck-typed): chat completions with one tool, by http."""

from __future__ import annotations

import json
import random
import time
from typing import Any, Callable

from minisweagent.exceptions import FormatError, InterruptAgentFlow
from minisweagent.models.utils.actions_toolcall import BASH_TOOL
from pydantic import BaseModel

from .clock import Clock
from .http_client import Http, Reply, Unreachable
from .run import Usage
from .stop import Stop

TRIES = 5
BACKOFF_SECONDS = (1.0, 30.0)
CALL_SECONDS = 300.0
LIMITED_SECONDS = 330.0
"""How long a 429 is waited out, however often it comes: longer than a limit of a minute lasts, and than the gateway holds the
place of a call whose function died (310 s), which answers the next one as busy."""
QUOTED = 500


class GatewayRefused(Exception):
    """Repeating the call would not help: token revoked, unknown model, context overflow, or tries used up."""


class GatewayModelConfig(BaseModel):
    """All of it goes into the trajectory: the token is not here."""

    model_name: str
    params: dict[str, Any] = {}


class GatewayModel:
    def __init__(self, *, url: str, token: str, config: GatewayModelConfig, clock: Clock, stop: Stop, usage: Usage, left: Callable[[], float]) -> None:
        self.config = config
        self.phase = "plan"
        self.http = Http()
        self._url = url.rstrip("/") + "/v1/chat/completions"
        self._token = token
        self._clock = clock
        self._stop = stop
        self._usage = usage
        self._left = left
        self._answered: dict[str, int] = {}
        stop.on_request(self.http.abort)

    # — what the agent calls —

    def query(self, messages: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        reply = self._ask(_without_extra(messages))
        self._answered[self.phase] = self._answered.get(self.phase, 0) + 1
        extra = self._account(reply)
        message, finish_reason = _first_message(reply, extra)
        extra["actions"] = parse_actions(message, finish_reason, extra)
        return {**message, "extra": extra}

    def format_message(self, **fields: Any) -> dict[str, Any]:
        return fields

    def format_observation_messages(self, message: dict[str, Any], outputs: list[dict[str, Any]], template_vars: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Without a template: an output is never evaluated, whatever it holds."""
        actions = message.get("extra", {}).get("actions", [])
        skipped = {"output": "(not run)", "returncode": -1, "exception_info": "the action was not executed"}
        padded = outputs + [skipped] * (len(actions) - len(outputs))
        return [
            {
                "role": "tool",
                "tool_call_id": action["tool_call_id"],
                "content": f"<returncode>{output['returncode']}</returncode>\n<output>\n{output['output']}\n</output>",
                "extra": {"returncode": output["returncode"], "exception_info": output.get("exception_info"), "timestamp": time.time()},
            }
            for action, output in zip(actions, padded)
        ]

    def get_template_vars(self, **_: Any) -> dict[str, Any]:
        return {}

    def serialize(self) -> dict[str, Any]:
        return {"info": {"config": {"model": self.config.model_dump(), "model_type": "patchbay.GatewayModel"}}}

    # — one call —

    def _ask(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        body = json.dumps({**self.config.params, "model": self.config.model_name, "messages": messages, "tools": [BASH_TOOL]}).encode()
        fault, wait, failed, limited, waited = "", 0.0, 0, 0, 0.0
        while failed < TRIES and waited < LIMITED_SECONDS:
            if failed or limited:
                waited += self._pause(failed + limited, wait)
            self._check()
            wait = 0.0
            try:
                reply = self.http.request("POST", self._url, headers=self._headers(), body=body, timeout=self._timeout())
            except Unreachable as error:
                self._check()
                failed, fault = failed + 1, str(error)
                continue
            if reply.status == 429:
                limited += 1
            else:
                failed += 1
            if reply.status == 200:
                try:
                    parsed = json.loads(reply.body)
                    if isinstance(parsed, dict):
                        return parsed
                    fault = "the reply is not an object"
                except ValueError:
                    fault = "the reply is not JSON"
                continue
            fault, wait = self._refusal(reply)
        raise GatewayRefused(f"The model could not be reached in {failed + limited} tries: {fault}")

    def _headers(self) -> dict[str, str]:
        turn = f"{self.phase}/{self._answered.get(self.phase, 0)}"
        return {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", "x-patchbay-turn": turn}

    def _timeout(self) -> float:
        return max(0.5, min(CALL_SECONDS, self._left()))

    def _check(self) -> None:
        if self._stop.is_set():
            raise agent_exit("Cancelled", self._stop.reason or "stopped")
        if self._left() <= 0:
            raise agent_exit("TimeExceeded", "no time left for another call")

    def _refusal(self, reply: Reply) -> tuple[str, float]:
        """The reason and the seconds to wait, where a repetition may help; else raises."""
        try:
            said = json.loads(reply.body)
        except ValueError:
            said = {}
        said = said if isinstance(said, dict) else {}
        inner = said.get("error") if isinstance(said.get("error"), dict) else said
        wrong = "; ".join(f"{one.get('field')}: {one.get('message')}" for one in inner.get("fields") or [] if isinstance(one, dict))
        reason = " ".join(filter(None, [str(reply.status), inner.get("code"), inner.get("message"), wrong]))[:500]
        if reply.status == 402 or inner.get("code") == "budget_exhausted":
            raise agent_exit("BudgetExhausted", reason)
        if reply.status == 429 or reply.status == 408 or reply.status >= 500:
            try:
                return reason, min(60.0, float(reply.headers.get("retry-after", "0")))
            except ValueError:
                return reason, 0.0
        raise GatewayRefused(f"The gateway refused the call: {reason}")

    def _pause(self, attempt: int, retry_after: float) -> float:
        """The seconds that it waited, as production counts them."""
        low, high = BACKOFF_SECONDS
        seconds = max(retry_after, min(high, low * 2 ** (attempt - 1)) * random.uniform(0.6, 1.0))
        self._stop.wait(min(self._clock.scaled(seconds), self._left()))
        return seconds

    def _account(self, reply: dict[str, Any]) -> dict[str, Any]:
        usage = reply.get("usage") if isinstance(reply.get("usage"), dict) else {}
        metered = reply.get("patchbay") if isinstance(reply.get("patchbay"), dict) else {}
        details = usage.get("prompt_tokens_details") if isinstance(usage.get("prompt_tokens_details"), dict) else {}
        cost = _number(metered.get("cost_usd"))
        self._usage.calls += 1
        self._usage.cost_usd += cost
        self._usage.input += int(_number(usage.get("prompt_tokens")))
        self._usage.output += int(_number(usage.get("completion_tokens")))
        self._usage.cached += int(_number(details.get("cached_tokens", usage.get("cached_tokens"))))
        response = {"id": reply.get("id"), "model": reply.get("model"), "usage": usage}
        return {"cost": cost, "timestamp": time.time(), "response": response}


def agent_exit(status: str, content: str) -> InterruptAgentFlow:
    """Ends the agent's loop with this exit status."""
    return InterruptAgentFlow({"role": "exit", "content": content, "extra": {"exit_status": status, "submission": ""}})


def parse_actions(message: dict[str, Any], finish_reason: str, extra: dict[str, Any]) -> list[dict[str, str]]:
    """The commands of a reply. What a model sends is checked like any other input; a fault costs what the call cost."""
    calls, refusal = message.get("tool_calls"), message.get("refusal")
    if not isinstance(calls, list) or not calls:
        cut = " Your reply was cut at the token limit: be brief." if finish_reason == "length" else ""
        withheld = " It was refused or filtered: go on with the task in another way." if refusal or finish_reason == "content_filter" else ""
        raise _format_error(f"Your reply has no tool call.{cut}{withheld}", message.get("content") or refusal, extra)
    actions = []
    for call in calls:
        function = call.get("function") if isinstance(call, dict) and isinstance(call.get("function"), dict) else {}
        if function.get("name") != "bash":
            raise _format_error(f"There is no tool named {str(function.get('name'))[:60]!r}.", call, extra)
        arguments = function.get("arguments")
        try:
            parsed = json.loads(arguments) if isinstance(arguments, str) else arguments
        except ValueError as error:
            raise _format_error(f"The arguments are not JSON ({error}).", arguments, extra) from None
        command = parsed.get("command") if isinstance(parsed, dict) else None
        if not isinstance(command, str) or not command.strip() or "\0" in command:
            raise _format_error('The arguments must be {"command": "<text>"}, without NUL bytes.', arguments, extra)
        _complete(call, function, parsed)
        actions.append({"command": command, "tool_call_id": call["id"]})
    return actions


def _complete(call: dict[str, Any], function: dict[str, Any], arguments: object) -> None:
    """What small servers leave out or write otherwise, as they want it back: an id of its own, the type, a text."""
    if not isinstance(call.get("id"), str) or not call["id"]:
        call["id"] = f"call_{random.getrandbits(48):012x}"
    call["type"] = "function"
    if not isinstance(function["arguments"], str):
        function["arguments"] = json.dumps(arguments)


def _format_error(fault: str, quoted: object, extra: dict[str, Any]) -> FormatError:
    """The faulty reply does not enter the history, hence the quotation."""
    text = quoted if isinstance(quoted, str) else json.dumps(quoted, default=str)
    content = (
        f"{fault} You sent: {text[:QUOTED]!r}\n"
        "Reply with exactly one call of the tool `bash`, whose arguments are {\"command\": \"…\"}. To finish, the command is: "
        "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
    )
    return FormatError({"role": "user", "content": content, "extra": {"interrupt_type": "FormatError", **extra}})


def _first_message(reply: dict[str, Any], extra: dict[str, Any]) -> tuple[dict[str, Any], str]:
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    if not isinstance(message, dict):
        raise _format_error("The reply held no message.", reply.get("error"), extra)
    finish_reason = str(choice.get("finish_reason") or "")
    extra["response"]["finish_reason"] = finish_reason
    kept = {name: value for name, value in message.items() if value is not None and name != "extra"}
    return {**kept, "role": "assistant", "content": message.get("content") or ""}, finish_reason


def _without_extra(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in message.items() if name != "extra"} for message in messages if message.get("role") != "exit"]


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0 else 0.0
