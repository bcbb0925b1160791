"""Which attacks are detected, after how many queries, by kind, speed, accounts and cover; and false alerts.

Every attack is a published one on a real scikit-learn model (`tests/support/attackers`); its queries are mixed into
days of honest traffic, a few campaigns to a log, and `mirqab replay` judges the log. Three simple monitors stand
beside. Then weeks without any attack are judged: the false alerts per model-week have an exact Poisson interval.
`--diluted` mixes a campaign of a kind into 100 times as much honest traffic. `--memory` judges by `monitors` alone,
which gives the same alerts and needs no broker, store or server; it has no simple monitors, and it knows when each
account was named (else all are when their alert opened, so the second of two campaigns that share one is early).
`--live` does so second by second, as the records came, and counts what was told before its minute closed and what
became of it. Lines of `--json` made by several runs are read together by `--merge FILE...`.

    python tests/benchmarks/attack_kinds.py                                   all of it
    python tests/benchmarks/attack_kinds.py --kinds zoo extract_uniform --speeds fast --quiet-weeks 4       a minute
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.attack_kinds import kinds
from tests.support.attack_log import SPEEDS, Campaign, Log, Mix, diluted, make_log, quiet
from tests.support.attack_memory import memory
from tests.support.attack_outcome import (
    FAMILIES,
    Alert,
    Named,
    Outcome,
    false_alerts,
    outcomes,
    poisson_interval,
    replay,
)
from tests.support.attack_report import HEADER, early_text, merged, plain_of, quiet_text, row, summary
from tests.support.attack_rivals import rivals
from tests.support.benign import DAY


def main() -> int:
    args = _arguments()
    if args.merge:
        print(merged(args.merge))
        return 0
    began = time.monotonic()
    seen: list[Outcome] = []
    simple: list[dict[str, bool]] = []
    false: list[Alert] = []
    early: Counter[str] = Counter()
    weeks = 0.0
    cells = campaigns(args)
    if not args.json:
        print(HEADER)
    for first in range(0, len(cells), args.per_log):
        some = cells[first : first + args.per_log]
        models = tuple(sorted({c.model for c in some}))
        days = -(-max(int(c.at * DAY) + SPEEDS[c.speed] for c in some) // DAY)
        log = make_log(Mix(models, days, args.events * days // 7, seed=args.seed + first), some)
        found, alerts, others = _judge(log, args, early)
        seen += found
        simple += others
        false += alerts
        weeks += len(models) * days / 7
        if not args.json:
            wrong = (f"false: {a['rule']} on {a['model']}: {a['summary']}" for a in alerts)
            print("\n".join([*map(row, found), *wrong]), flush=True)
    thin = [each for kind in args.diluted for each in _judge(diluted(_first(kind, args)), args, early)[0]]
    result: dict[str, Any] = {
        "campaigns": [plain_of(each) | {"simple": others} for each, others in zip(seen, simple)],
        "diluted": [plain_of(each) for each in thin],
        "false_beside_attacks": [len(false), weeks],
        "quiet": quiet_weeks(args) if args.quiet_weeks else None,
    }
    if args.json:
        print(json.dumps(result))
        return 0
    if thin:
        print("\nin 100 times as much honest traffic\n" + "\n".join(row(each) for each in thin))
    print("\n" + summary(seen))
    for name in simple[0] if simple else ():
        told = sum(each[name] for each in simple)
        print(f"simple   {name:18} detected {told:3} of {len(simple):3}, with a threshold by hindsight")
    print(f"false alerts beside attacks: {len(false)} in {weeks:.1f} model-weeks")
    if args.live:
        print("told before their minute closed: " + early_text(early))
    if result["quiet"]:
        print(quiet_text(result["quiet"]))
    print(f"{time.monotonic() - began:.0f} s")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="*", default=list(kinds()), choices=list(kinds()), metavar="KIND")
    parser.add_argument("--speeds", nargs="+", default=list(SPEEDS), choices=list(SPEEDS))
    parser.add_argument("--accounts", type=int, nargs="+", default=[1, 20])
    parser.add_argument("--covers", type=float, nargs="+", default=[0.0, 0.5], help="honest requests per query")
    parser.add_argument("--queries", type=int, default=800)
    parser.add_argument("--events", type=int, default=12_000, help="honest events per model and week")
    parser.add_argument("--at", type=float, default=2.2, help="day of a log's first campaign; 0: from the start")
    parser.add_argument("--per-log", type=int, default=4, help="campaigns in one log")
    parser.add_argument("--quiet-weeks", type=int, default=20, help="model-weeks without an attack; 0: none")
    parser.add_argument("--quiet-events", type=int, default=6000, help="honest events per model and week there")
    parser.add_argument("--quiet-log-weeks", type=int, default=5, help="weeks in one log of these")
    parser.add_argument("--diluted", nargs="*", default=[], choices=list(kinds()), metavar="KIND")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--memory", action="store_true", help="judge in memory, without simple monitors")
    parser.add_argument("--live", action="store_true", help="judge in memory, with looks at open minutes")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--merge", type=Path, nargs="+", metavar="FILE", help="files that hold lines of --json")
    return parser.parse_args()


def campaigns(args: argparse.Namespace) -> list[Campaign]:
    """Every cell of the table; the models an attack is meant for take turns over speeds and kinds."""
    cells = list(product(args.kinds, args.speeds, args.accounts, args.covers))
    together = len(args.accounts) * len(args.covers)
    return [
        Campaign(
            kind, _model(kind, number // together, list(kinds()).index(kind)), speed, accounts, cover, args.queries,
            at=args.at + 0.15 * (number % args.per_log), seed=args.seed + number,
        )
        for number, (kind, speed, accounts, cover) in enumerate(cells)
    ]  # fmt: skip


def _model(kind: str, turn: int, first: int) -> str:
    on = kinds()[kind].on
    return on[(turn + first) % len(on)]


def _first(kind: str, args: argparse.Namespace) -> Campaign:
    return Campaign(kind, kinds()[kind].on[0], "slow", 1, 0.0, min(args.queries, 500), seed=args.seed)


def _judge(
    log: Log, args: argparse.Namespace, early: Counter[str]
) -> tuple[list[Outcome], list[Alert], list[dict[str, bool]]]:
    if args.memory or args.live:
        alerts, named = _in_memory(log, args.live, early)
        return outcomes(log.truth, alerts, named), false_alerts(log.truth, alerts), [{} for _ in log.truth.campaigns]
    with tempfile.TemporaryDirectory(prefix="mirqab-attacks-") as folder:
        alerts = replay(log, Path(folder))
        simple = rivals(log.truth, Path(folder) / "out" / "events.jsonl")
    return outcomes(log.truth, alerts), false_alerts(log.truth, alerts), simple


def _in_memory(log: Log, live: bool, early: Counter[str]) -> tuple[list[Alert], Named]:
    """The alerts, and since when each accuses whom.

    Counts what was told early by what became of it, and whether it names an attacker.
    """
    judge = memory(log, live=live)
    alerts = judge.end()
    guilty = {principal for campaign in log.truth.campaigns for principal in campaign["principals"]}
    for notice in judge.notices.values():
        early[f"{notice.early}{'' if guilty & {*notice.principals} else ' of the honest'}"] += 1
    return alerts, judge.named


def quiet_weeks(args: argparse.Namespace) -> dict[str, Any]:
    """False alerts in traffic without an attack, per model-week."""
    models = ("cards", "digits")
    weeks = events = 0
    false: list[Alert] = []
    archetypes: Counter[str] = Counter()
    others: Counter[str] = Counter()
    suspicions: Counter[str] = Counter()
    early: Counter[str] = Counter()
    while weeks < args.quiet_weeks:
        some = min(args.quiet_log_weeks, -(-(args.quiet_weeks - weeks) // len(models)))
        log = quiet(some * len(models), models, args.quiet_events, seed=args.seed + 1000 + weeks)
        if args.memory or args.live:
            alerts, _ = _in_memory(log, args.live, early)
        else:
            with tempfile.TemporaryDirectory(prefix="mirqab-quiet-") as folder:
                alerts = replay(log, Path(folder))
        found = false_alerts(log.truth, alerts)
        false += found
        archetypes.update(log.truth.honest[p] for a in found for p in a["principals"])
        others.update(a["rule"] for a in alerts if a["opened"] is not None and a["family"] not in FAMILIES)
        suspicions.update(a["rule"] for a in alerts if a["opened"] is None and a["family"] == "abuse")
        weeks += some * len(models)
        events += len(log)
    return {
        "model_weeks": weeks,
        "events": events,
        "alerts": len(false),
        "pages": sum(a["level"] == "page" for a in false),
        "per_model_week": len(false) / weeks,
        "interval": poisson_interval(len(false), weeks),
        "families": Counter(a["family"] for a in false),
        "archetypes": archetypes,
        "other rules": others,
        "suspicions of abuse": suspicions,
        "told before their minute closed": early,
    }


if __name__ == "__main__":
    sys.exit(main())
