"""How long from an alert being told by the judge to its page being taken by a receiver, on the embedded stack.

`mirqab up` as it is: embedded broker, worker, store, console and pager in one process, and a webhook on this machine.
Alerts of different models are stored and published as the judge does, one after another; each is an incident of its
own. Prints the median, the 99th percentile and the largest time, with `pager.wait_seconds` in it, which a first page
always waits.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import json

from aiokafka import AIOKafkaProducer

from schemas.alerts import PAGE, Alert, Transition
from schemas.readings import Series
from schemas.receivers import Receiver
from schemas.settings import Settings
from schemas.tables import ALERTS
from streams import alertwire, onebox, web
from streams.judgerows import alert_rows
from tests.support.traffic import RULES

MINUTE_NS = 60_000_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=200, help="alerts to tell")
    parser.add_argument("--per-second", type=float, default=10.0, help="how many a second")
    args = parser.parse_args()
    taken: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="mirqab-bench-") as folder, Served(taken) as url:
        settings = Settings().replace("store", folder=folder).replace("console", port=0)
        settings = replace(settings, receivers={"hook": Receiver("hook", "webhook", {"url": url})})
        sent = asyncio.run(measured(settings, args.pages, args.per_second, taken))
    times = sorted(taken[f"i-{id}"] - at for id, at in sent.items() if f"i-{id}" in taken)
    p99 = times[min(len(times) - 1, round(0.99 * len(times)))]
    wait = settings.pager.wait_seconds
    print(
        f"page_latency pages={len(times)} of={len(sent)} per_second={args.per_second:g} wait_seconds={wait:g} "
        f"p50={statistics.median(times):.2f} p99={p99:.2f} max={times[-1]:.2f}"
    )
    return 0


async def measured(settings: Settings, pages: int, per_second: float, taken: dict[str, float]) -> dict[str, float]:
    """When each alert was told, by its id."""
    sent: dict[str, float] = {}

    async def body(box: onebox.Box) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=box.settings.kafka.brokers)
        await producer.start()
        try:
            for n in range(-5, pages):  # the first ones wait for what is made when it is first needed
                one = alert(n)
                at = time.monotonic()
                await box.store.insert(ALERTS.name, alert_rows([one], 1))
                await producer.send_and_wait("mirqab.alerts", alertwire.encode(one), key=one.id.encode())
                if n < 0:
                    while f"i-{one.id}" not in taken:
                        await asyncio.sleep(0.05)
                    continue
                sent[one.id] = at
                await asyncio.sleep(max(0.0, 1 / per_second - (time.monotonic() - at)))
            until = time.monotonic() + 30
            while len(taken) < pages + 5 and time.monotonic() < until:
                await asyncio.sleep(0.05)
        finally:
            await producer.stop()

    bound = web.bind("127.0.0.1", 0)
    await onebox.run_box(settings, RULES, web.WallClock(), bound, body)
    return sent


def alert(n: int) -> Alert:
    """A page on a model of its own."""
    at = time.time_ns() // MINUTE_NS * MINUTE_NS
    series = Series(f"model-{n}", "1", "output.score_psi")
    return Alert(
        f"a{n}", "score_drift", "drift", PAGE, "open", series, (), at, at, None, 1e-9, 0.4, 900, f"drift on model-{n}",
        "", "b", "h", {}, (Transition(at, PAGE, "seen"),),
    )  # fmt: skip


class Served:
    """A webhook that notes when a page came."""

    def __init__(self, taken: dict[str, float]) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                page: Any = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                taken.setdefault(page["key"], time.monotonic())
                self.send_response(202)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *told: object) -> None:
        self.server.shutdown()
        self.server.server_close()


if __name__ == "__main__":
    sys.exit(main())
