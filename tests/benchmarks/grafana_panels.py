"""How long Grafana's panels and rules take on a store of some size: 20 models, 14 days of minutes and readings.

    .venv/bin/python tests/benchmarks/grafana_panels.py [--days 14] [--models 20] [--repeat 3]

The rows are made by the engine itself; the engine is embedded (chDB), so there is no network in it. Prints each
dashboard with the sum of its panels (asked one after another here, side by side by Grafana), and the slowest questions.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from clickhouse_connect.driver.client import Client

from dashboards.grafana.board import all_boards, dashboard
from dashboards.grafana.bundle import bundle
from schemas.settings import Settings, Store
from tests.support.macros import expand
from tests.support.seed import NOW_NS
from tests.support.stored import open_store

MINUTE = 60_000_000_000
CHOSEN = {"model": "model-3", "version": "(newest)", "feature": "(all)"}
WHOLE = {"model": "(all)", "version": "(newest)", "feature": "(all)"}
METRICS = ("volume.events", "errors.share", "latency.p50", "latency.p95", "output.score_mean", "anomaly.share",
           "output.score_psi", "output.prediction_psi", "output.confidence", "attack.extraction")  # fmt: skip


def fill(client: Client, models: int, days: int) -> int:
    """Rows of all models; the number of readings."""
    minutes, panes = days * 1440, days * 288
    start = NOW_NS // MINUTE * MINUTE - minutes * MINUTE
    at = f"toInt64({start} + (number % {minutes}) * {MINUTE})"
    principals = "arrayMap(i -> concat('app-', toString(i)), range(20)), arrayMap(i -> [toInt64(15), 0, 0], range(20))"
    client.command(
        "INSERT INTO minutes (model, version, minute, minute_ns, vectors, principals, generation)"
        f" SELECT concat('model-', toString(intDiv(number, {minutes}))), '1', fromUnixTimestamp64Nano({at}), {at},"
        " map('n', [toInt64(300 + number % 17)], 'failed', [toInt64(number % 3)]),"
        f" mapFromArrays({principals}), 1 FROM numbers({models * minutes})"
    )
    series = [(metric, "") for metric in METRICS] + [("feature.psi", f"feature-{i}") for i in range(20)]
    for metric, feature in series:
        at = f"toInt64({start} + (number % {panes} + 1) * {5 * MINUTE})"
        client.command(
            "INSERT INTO readings (model, version, metric, feature, at, at_ns, n, value, expected, p, generation)"
            f" SELECT concat('model-', toString(intDiv(number, {panes}))), '1', '{metric}', '{feature}',"
            f" fromUnixTimestamp64Nano({at}), {at}, 1500, rand() / 4e9, 0.5, rand() / 4e9, 1"
            f" FROM numbers({models * panes})"
        )
    at = f"toInt64({start} + number * {MINUTE})"
    client.command(
        "INSERT INTO alerts (id, transition, at, at_ns, level, state, rule, family, model, first_seen, first_seen_ns)"
        f" SELECT concat('a', toString(intDiv(number, 3))), number % 3, fromUnixTimestamp64Nano({at}), {at}, 'ticket',"
        " if(number % 3 = 2, 'resolved', 'open'), 'score_drift', 'drift',"
        f" concat('model-', toString(number % {models})), fromUnixTimestamp64Nano({at}), {at} FROM numbers(6000)"
    )
    return len(series) * models * panes


def timed(client: Client, sql: str, chosen: dict[str, str] | None, repeat: int) -> float:
    """Median seconds over the last 24 hours."""
    text = expand(sql, (NOW_NS - 1440 * MINUTE) // 1_000_000, NOW_NS // 1_000_000, 300, chosen)
    taken = []
    for _ in range(repeat):
        begun = time.perf_counter()
        client.query(text)
        taken.append(time.perf_counter() - begun)
    return median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        client = open_store(folder)
        rows = fill(client, args.models, args.days)
        print(f"{args.models} models, {args.days} days, {rows:,} readings; the last 24 hours are shown")
        slowest = []
        for board in all_boards():
            made = dashboard(board, "clickhouse", "https://console.example")
            chosen = CHOSEN if "one model" in board.variables else WHOLE
            taken = {
                panel["title"]: timed(client, panel["targets"][0]["rawSql"], chosen, args.repeat)
                for panel in made["panels"]
                if "targets" in panel
            }
            slowest += [(seconds, f"{board.uid}: {title}") for title, seconds in taken.items()]
            print(
                f"{board.uid:16} {len(taken):2} panels {sum(taken.values()):6.2f} s, most {max(taken.values()):.2f} s"
            )
        rules = bundle(Settings(store=Store(url="http://127.0.0.1:8123"))).rules
        taken = {rule["uid"]: timed(client, rule["data"][0]["model"]["rawSql"], None, args.repeat) for rule in rules}
        print(f"{'rules':16} {len(taken):2} rules  {sum(taken.values()):6.2f} s, most {max(taken.values()):.2f} s")
        for seconds, name in sorted(slowest, reverse=True)[:5]:
            print(f"  {seconds:5.2f} s {name}")
        client.close()


if __name__ == "__main__":
    main()
