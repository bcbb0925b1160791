"""Attacks found in a labelled log, per campaign and per family, beside three simple monitors.

    .venv/bin/python tests/benchmarks/attacks.py LOG CAMPAIGNS

LOG is JSON lines (may be gzipped) as the README beside the shared logs describes; CAMPAIGNS the JSON file that says
who attacked. `attack` and `campaign` are stripped before `mirqab replay` reads the log, and joined to its alerts after.
A campaign is detected by an alert at ticket level or above that names one of its accounts (membership: at any level),
at the time of the deciding query; what a worker adds until its minute closes is counted beside it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

WEEK_S, MINUTE_S, LATENESS_S = 7 * 86400, 60, 60
ANSWERS = ("attack", "campaign")


def read(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    return [json.loads(line) for line in text.splitlines()]


def replayed(rows: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The alerts of a log without its answers."""
    log = folder / "log.jsonl"
    log.write_text("".join(json.dumps({k: v for k, v in row.items() if k not in ANSWERS}) + "\n" for row in rows))
    command = [sys.executable, "-m", "streams.cli", "replay", str(log), "--output", str(folder / "out")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [json.loads(line) for line in (folder / "out" / "alerts.jsonl").read_text().splitlines()]


def closes(at: float) -> float:
    """When a worker would have told: the minute's end, and the lateness allowed to others."""
    return (at // MINUTE_S + 1) * MINUTE_S + LATENESS_S


def opened(alert: dict[str, Any]) -> float | None:
    """When an alert counts: at ticket level, or at once for membership."""
    at = alert["opened"] if alert["family"] != "membership" else alert["first_seen"]
    return None if at is None else float(at)


def of_campaign(campaign: dict[str, Any], alerts: list[dict[str, Any]], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether, when and as what it was detected."""
    asked = np.sort([row["ts"] for row in rows if row["campaign"] == campaign["campaign"]])
    mine = [a for a in alerts if set(a["principals"]) & set(campaign["principals"]) and opened(a) is not None]
    mine.sort(key=lambda a: float(opened(a) or 0))
    result = {"campaign": campaign["campaign"], "attack": campaign["attack"], "family": campaign["family"]}
    result |= {"queries": len(asked), "accounts": len(campaign["principals"])}
    named = {p for a in mine for p in a["principals"]}
    result["named"] = len(named & set(campaign["principals"]))
    if not mine or not len(asked):
        return result | {"at": None}
    at = float(opened(mine[0]) or 0)
    until, told = int((asked <= at).sum()), int((asked <= closes(at)).sum())
    families = list(dict.fromkeys(a["family"] for a in mine))
    result |= {"at": until, "told": told, "minutes": (at - asked[0]) / 60, "said": families}
    return result


def simple(rows: list[dict[str, Any]], scores: dict[int, bool], guilty: set[str]) -> dict[str, set[str]]:
    """Accounts that three simple monitors name when none may name a benign one: most queries in ten minutes, share of
    strange half-space scores (of 30 events and more), most repetitions of one record."""
    rate: dict[tuple[str, int], int] = defaultdict(int)
    strange: dict[str, list[bool]] = defaultdict(list)
    same: dict[tuple[str, str], int] = defaultdict(int)
    for i, row in enumerate(rows):
        rate[row["principal"], int(row["ts"] // 600)] += 1
        same[row["principal"], json.dumps(row["features"])] += 1
        if i in scores:
            strange[row["principal"]].append(scores[i])
    worst: dict[str, dict[str, float]] = {"rate limit": {}, "half-space share": {}, "exact duplicates": {}}
    for name, counts in (("rate limit", rate), ("exact duplicates", same)):
        for (who, _), n in counts.items():
            worst[name][who] = max(worst[name].get(who, 0), n)
    worst["half-space share"] = {who: float(np.mean(seen)) for who, seen in strange.items() if len(seen) >= 30}
    found = {}
    for name, values in worst.items():
        bar = max((value for who, value in values.items() if who not in guilty), default=0.0)
        found[name] = {who for who, value in values.items() if value > bar and who in guilty}
    return found


def table(rows: list[dict[str, Any]], campaigns: list[dict[str, Any]], folder: Path) -> None:
    alerts = replayed(rows, folder)
    about_attacks = [a for a in alerts if a["rule"].startswith("attack_")]
    events = [json.loads(line) for line in (folder / "out" / "events.jsonl").read_text().splitlines()]
    scores = {int(e["offset"]): bool(e["flags"] & 32) for e in events}
    guilty = {p for c in campaigns for p in c["principals"]}
    beside = simple(rows, scores, guilty)
    print("| campaign | attack | family | queries | until alert | until told | accounts named | said |")
    print("|---|---|---|---:|---:|---:|---:|---|")
    found = [of_campaign(c, about_attacks, rows) for c in campaigns]
    for each in found:
        when = "– | –" if each["at"] is None else f"{each['at']} | {each['told']}"
        said = ", ".join(each.get("said", ()))
        about = f"| {each['campaign']} | {each['attack']} | {each['family']} | {each['queries']} |"
        print(f"{about} {when} | {each['named']} of {each['accounts']} | {said} |")
    print("\n| family | campaigns | detected | before a quarter | told before a quarter |", *(f"{n} |" for n in beside))
    print("|---|---:|---:|---:|---:|" + "---:|" * len(beside))
    for family in sorted({c["family"] for c in campaigns}):
        mine = [each for each in found if each["family"] == family]
        hit = [each for each in mine if each["at"] is not None]
        quick = [sum(each[key] <= each["queries"] / 4 for each in hit) for key in ("at", "told")]
        of = [c for c in campaigns if c["family"] == family]
        others = [sum(bool(set(c["principals"]) & named) for c in of) for named in beside.values()]
        print(f"| {family} | {len(mine)} | {len(hit)} | {quick[0]} | {quick[1]} |", *(f"{n} |" for n in others))
    falsely(rows, alerts, about_attacks, guilty)


def falsely(
    rows: list[dict[str, Any]], alerts: list[dict[str, Any]], about: list[dict[str, Any]], guilty: set[str]
) -> None:
    weeks = len({row["model"] for row in rows}) * (rows[-1]["ts"] - rows[0]["ts"]) / WEEK_S
    innocent = {p for a in about for p in a["principals"]} - guilty
    false = [a for a in about if not set(a["principals"]) & guilty and a["opened"] is not None]
    others = [a for a in alerts if a not in about and a["opened"] is not None]
    pages = sum(a["level"] == "page" for a in false)
    benign = len({row["principal"] for row in rows} - guilty)
    print(f"\n{weeks:.2f} model-weeks, {benign} benign accounts: {len(innocent)} innocent accounts named,", end=" ")
    print(f"{len(false)} false tickets of attack rules, {pages} of them pages; {len(others)} tickets of other rules")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("log", type=Path)
    parser.add_argument("campaigns", type=Path)
    args = parser.parse_args()
    campaigns = json.loads(args.campaigns.read_text())["campaigns"]
    with tempfile.TemporaryDirectory() as folder:
        table(read(args.log), campaigns, Path(folder))


if __name__ == "__main__":
    main()
