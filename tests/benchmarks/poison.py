"""Poisoned labels: what `mirqab replay` finds of each campaign, when, whom it names, and what it says of honest labels.

Campaigns of the development file (`../shared/data/poison`, skipped where absent) and of made-up feedback
(`tests/support/poisoned.py`), one stream each, and honest made-up streams of several kinds. Before an alert: poisoned
labels that had come by then. False: alerts about labels that name a source, range or trigger with no campaign of its
own. `--seeds N` streams of each kind.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.poisoned import DAY, Campaign, Feed, Row, feedback, lines, of, trigger, where

REAL = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "poison"
MIRQAB = str(Path(sys.executable).parent / "mirqab")
KINDS: dict[str, Campaign] = {
    "turned round, 20 %": Campaign("desk-01", of("desk-01", 0.2)),
    "turned round, 50 %": Campaign("desk-03", of("desk-03", 0.5)),
    "turned round, all": Campaign("desk-12", of("desk-12", 1.0)),
    "turned round, 50 %, careless": Campaign("desk-05", of("desk-05", 0.5)),
    "turned round, 50 %, from the start": Campaign("desk-03", of("desk-03", 0.5), since=0, until=12),
    "set to yes, 50 %": Campaign("desk-04", of("desk-04", 0.5, 1)),
    "set to no, all": Campaign("desk-00", of("desk-00", 1.0, 0)),
    "range set to yes, 50 %": Campaign("f00", where(lambda f: f[0] >= 58, 0.5, 1)),
    "range set to no, all": Campaign("f02", where(lambda f: f[2] >= 3000, 1.0, 0)),
    "range set to no, 50 %": Campaign("f02", where(lambda f: f[2] >= 3000, 0.5, 0)),
    "category set to yes, 30 %": Campaign("f01", where(lambda f: f[1] == 7, 0.3, 1)),
    "trigger, one source": Campaign("f02=12345 & f03=31", trigger({3: 31.0, 2: 12_345.0}, 0.12, "desk-02")),
    "trigger, all sources": Campaign("f02=12345 & f03=31", trigger({3: 31.0, 2: 12_345.0}, 0.01)),
}
HONEST: dict[str, Feed] = {
    "plain": Feed(),
    "two careless": Feed(careless={"desk-01": 0.1, "desk-07": 0.12}),
    "three sources": Feed(errors=0.05, sources=3, careless={"desk-01": 0.1}),
    "sixty sources": Feed(sources=60),
    "late starters": Feed(starts={"desk-02": 6.0, "desk-04": 8.0}, careless={"desk-04": 0.08}),
    "once a day": Feed(daily=True),
}


def replay(records: Sequence[bytes]) -> tuple[list[dict[str, Any]], float]:
    """Alerts about labels, and seconds."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder) / "feedback.jsonl", Path(folder) / "out"
        file.write_bytes(b"\n".join(records) + b"\n")
        began = time.perf_counter()
        subprocess.run([MIRQAB, "replay", str(file), "--output", str(out)], check=True, capture_output=True)
        seconds = time.perf_counter() - began
        alerts = [json.loads(line) for line in (out / "alerts.jsonl").read_text().splitlines()]
    return [alert for alert in alerts if alert["family"] == "poisoning" and alert["level"] != "suspected"], seconds


def named(alert: dict[str, Any]) -> str:
    return str(alert["feature"] or ", ".join(alert["label_sources"]))


def line(what: str, rows: Sequence[Row], alerts: Sequence[dict[str, Any]], guilty: set[str]) -> int:
    """Print one campaign; returns how many alerts are neither its own nor about somebody guilty."""
    when = [row["ts"] for row in rows]
    mine = [alert for alert in alerts if set(guilty) & {alert["feature"], *alert["label_sources"]}]
    first = min((alert["opened"] for alert in mine), default=None)
    before = "" if first is None else f"{sum(ts <= first for ts in when)} of {len(when)}"
    names = "; ".join(sorted({f"{named(alert)} {alert['label_sources'] or ''}".strip() for alert in mine}))
    false = sum(not guilty & {a["feature"], *a["label_sources"]} for a in alerts)
    days = "" if first is None or not when else f"{(first - min(when)) / DAY:.1f}"
    print(f"| {what} | {'yes' if mine else 'no'} | {before} | {days} | {names} | {false} |", flush=True)
    return false


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1, help="streams of each kind")
    parser.add_argument("--only", default="", help="kinds whose name begins so; `development` is the file")
    args = parser.parse_args()
    print("| campaign | found | poisoned labels before the alert | days | named | false alerts |")
    print("|---|---|---|---|---|---|")
    if args.only not in ("", "development"):
        pass
    elif REAL.is_dir():
        development()
    else:
        print(f"NOT RUN: the development file needs {REAL.name} in ../shared/data", file=sys.stderr)
    for seed in range(args.seeds):
        for kind, campaign in KINDS.items():
            if kind.startswith(args.only):
                rows = feedback(Feed(), [campaign], seed=100 + seed)
                sources = {campaign.name} | ({"desk-02"} if kind == "trigger, one source" else set())
                line(kind, [row for row in rows if row["poison"]], replay(lines(rows))[0], sources)
    weeks = false = 0.0
    for seed in range(args.seeds):
        for kind, feed in HONEST.items():
            if f"honest, {kind}".startswith(args.only):
                alerts, _ = replay(lines(feedback(feed, seed=200 + seed)))
                weeks, false = weeks + feed.days / 7, false + len(alerts)
                print(f"honest, {kind}: {len(alerts)} alerts {[named(a) for a in alerts] or ''}", flush=True)
    if weeks:
        print(f"honest labels: {false:.0f} false alerts in {weeks:.1f} model-weeks")
    return 0


def development() -> None:
    """The campaigns of the file that came with answers; who or what is guilty is read from its list."""
    with gzip.open(REAL / "feedback_dev.jsonl.gz", "rt") as file:
        rows = [json.loads(each) for each in file]
    told = json.loads((REAL / "campaigns_dev.json").read_text())["campaigns"]
    plain = [{k: v for k, v in row.items() if k not in ("poison", "campaign")} for row in rows]
    alerts, seconds = replay(lines(plain))
    guilty = {one["campaign"]: _guilty(one, rows) for one in told}
    for one in told:
        mine = guilty[one["campaign"]]
        others = set().union(*(names for name, names in guilty.items() if name != one["campaign"]))
        poisoned = [row for row in rows if row["campaign"] == one["campaign"]]
        about = [alert for alert in alerts if mine & {alert["feature"], *alert["label_sources"]}]
        rest = [a for a in alerts if not (mine | others) & {a["feature"], *a["label_sources"]}]
        line(f"{one['campaign']}, {one['kind']}", poisoned, about + rest, mine)
    print(f"development file: {len(rows):,} records in {seconds:.0f} s", file=sys.stderr)


def _guilty(campaign: dict[str, Any], rows: Sequence[Row]) -> set[str]:
    """Its source if it has one; else the feature whose values stand furthest apart from those of all."""
    poisoned = [row["features"] for row in rows if row["campaign"] == campaign["campaign"]]
    if len(campaign["sources"]) == 1:
        return {f"fb-{campaign['sources'][0]:02d}"}
    low = [min(values) for values in zip(*poisoned, strict=True)]
    outside = [sum(row["features"][j] < low[j] for row in rows) for j in range(len(low))]
    return {f"f{outside.index(max(outside)):02d}"}


if __name__ == "__main__":
    sys.exit(main())
