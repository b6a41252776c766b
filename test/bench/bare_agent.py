"""Bare mini-swe-agent: the stock loop and environment on a clone, against an OpenAI-compatible server.

`bare_agent.py <repository url> <folder> <base url> <model>` clones, runs the loop once for the plan and once for the rest (as
many submissions as the runner's agent makes), and prints the diff and the seconds of its loops as one JSON object.
"""

import json
import os
import subprocess
import sys
import time
import urllib.request

from minisweagent.agents.default import DefaultAgent
from minisweagent.environments.local import LocalEnvironment

SYSTEM = "You solve issues by shell commands."


class OpenAiModel:
    """As little as a model can be: no retry, no price, no template."""

    def __init__(self, base_url: str, name: str) -> None:
        self._url, self._name = f"{base_url}/chat/completions", name

    def query(self, messages: list[dict], **_: object) -> dict:
        kept = [{key: value for key, value in message.items() if key != "extra"} for message in messages]
        body = json.dumps({"model": self._name, "messages": kept}).encode()
        request = urllib.request.Request(self._url, data=body, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            message = json.load(response)["choices"][0]["message"]
        calls = message.get("tool_calls") or []
        actions = [{"command": json.loads(call["function"]["arguments"])["command"], "id": call["id"]} for call in calls]
        return {**message, "extra": {"actions": actions, "cost": 0.0}}

    def format_message(self, **fields: object) -> dict:
        return fields

    def format_observation_messages(self, message: dict, outputs: list[dict], _: object = None) -> list[dict]:
        actions = message["extra"]["actions"]
        return [{"role": "tool", "tool_call_id": action["id"], "content": out["output"]} for action, out in zip(actions, outputs)]

    def get_template_vars(self, **_: object) -> dict:
        return {}

    def serialize(self) -> dict:
        return {}


def main(url: str, folder: str, base_url: str, model: str) -> None:
    subprocess.run(["git", "clone", "--quiet", url, folder], check=True)
    environment = LocalEnvironment(cwd=folder, env={"PATCHBAY_PLAN": os.path.join(folder, ".git", "plan.json")})
    began = time.perf_counter()
    for task in ("Write a plan.", "Carry it out."):
        agent = DefaultAgent(OpenAiModel(base_url, model), environment, system_template=SYSTEM, instance_template="{{task}}")
        ended = agent.run(task)
        if ended.get("exit_status") != "Submitted":
            raise RuntimeError(f"the agent ended with {ended}")
    seconds = time.perf_counter() - began
    diff = subprocess.run(["git", "diff"], cwd=folder, check=True, capture_output=True, text=True).stdout
    print(json.dumps({"diff": diff, "loop_seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
