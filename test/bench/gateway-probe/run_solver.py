"""Stands where the runner stands in a sandbox of the benchmark: it times model calls, by the runner's own HTTP client,
through the gateway and straight to the model's server, in turn, and tells the times in one event of the job."""

import json
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The runner lies beside this file; it is found only from here on.
sys.path.insert(0, str(HERE))

from runner.http_client import Http  # noqa: E402
from runner.job import Job, read_job  # noqa: E402

WARM = 3
HTTP = Http()


def main() -> None:
    job = read_job(Path(sys.argv[1]))
    probe = json.loads((HERE / "probe.json").read_text(encoding="utf-8"))
    data = {str(size): both_ways(job, probe, size) for size in probe["prompt_bytes"]}
    tell(job, data)


def both_ways(job: Job, probe: dict, size: int) -> dict:
    """ms of each call, by way."""
    messages = [{"role": "user", "content": "x" * size}]
    model = job.agent.model
    ways = {
        "direct": (probe["direct_url"], model.split("/", 1)[1], "none"),
        "gateway": (job.gateway_url.rstrip("/") + "/v1/chat/completions", model, job.token),
    }
    times: dict[str, list] = {way: [] for way in ways}
    for n in range(WARM + probe["calls"]):
        for way, (url, name, token) in ways.items():
            ms = post(url, token, {"model": name, "messages": messages})
            if n >= WARM:
                times[way].append(ms)
    return times


def post(url: str, token: str, body: dict) -> float:
    """@return ms, to a tenth"""
    sent = json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    began = time.perf_counter()
    reply = HTTP.request("POST", url, headers=headers, body=sent, timeout=60)
    took = time.perf_counter() - began
    if reply.status != 200:
        raise RuntimeError(f"{url} answered {reply.status}: {reply.body[:300]!r}")
    return round(took * 1_000, 1)


def tell(job: Job, data: dict) -> None:
    at = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    event = {"src_seq": 1, "type": "note", "at": at, "data": data}
    beat = {"phase": "planning", "steps": 0, "cost_usd": 0}
    post(job.callback_url, job.token, {"from": 1, "events": [event], "hb": beat})


if __name__ == "__main__":
    main()
