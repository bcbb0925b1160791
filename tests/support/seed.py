"""A store filled with plausible rows in every table, so that pages can be looked at and questions can be asked.

The rows are made from a seed and a fixed moment; they come from no log. `HOSTILE` names are put wherever a log could
put a text of its own, to see that nothing of them is taken for markup, script or SQL.
"""

from __future__ import annotations

import random
from datetime import timedelta
from hashlib import blake2b

from clickhouse_connect.driver.client import Client

from tests.support.seed_alerts import alert, alerts, people
from tests.support.seed_bank import CATEGORIES, FEATURES, HOSTILE, MINUTE, MODELS, NOW, NOW_NS, Clock
from tests.support.seed_queries import fill_queries
from tests.support.seed_traffic import baseline, events, minutes, readings
from tests.support.stored import EPOCH, insert, ns

__all__ = ["CATEGORIES", "FEATURES", "HOSTILE", "NOW", "NOW_NS", "Clock", "alert", "fill"]


def fill(client: Client, *, hostile: bool = False) -> None:
    """Every table: six models of a bank, one of them silent, one in trouble; with `hostile`, names that attack."""
    rng = random.Random(7)
    models = list(MODELS)
    if hostile:
        models += [(name, "" if i % 2 else name, 3 + i, 0.1) for i, name in enumerate(HOSTILE)]
    for name, version, rate, failing in models:
        who = HOSTILE if name in HOSTILE else ("mobile-app", "branch-api", "partner-17", "batch-night")
        features = (*HOSTILE[:4], "amount") if name in HOSTILE else FEATURES
        minutes(client, rng, name, version, rate, failing, who)
        events(client, rng, name, version, who, features)
        if name != "kyc-documents":
            baseline(client, name, version)
            readings(client, rng, name, version, rate, features)
    _files(client)
    alerts(client, hostile)
    _line(client, rng, hostile)
    _rejects(client, hostile)
    _rates(client)
    _acts(client)
    people(client, hostile)
    _reports(client)
    fill_queries(client, hostile)


def _files(client: Client) -> None:
    """One version that was loaded from one file, and one that was loaded from another since yesterday."""
    rows = []
    for name, version, files in (
        ("card-fraud", "7", ("9ff4c527",)),
        ("credit-score", "2026-01", ("1b31dfcd", "e3b0c442")),
    ):
        for days, file in zip((9, 1), files, strict=False):
            at = NOW - timedelta(days=days)
            row = {"model": name, "version": version, "artifact": file, "first": at, "first_ns": ns(at)}
            rows.append({**row, "rank": -ns(at)})
    insert(client, "assets", rows)


def _line(client: Client, rng: random.Random, hostile: bool) -> None:
    topics = ("inference", *HOSTILE[:2]) if hostile else ("inference",)
    blocks, closes = [], []
    for topic in topics:
        for partition in range(4):
            for back in range(30):
                at = NOW - back * MINUTE - timedelta(seconds=partition)
                first = 500_000 + (30 - back) * 4096
                blocks.append(
                    {
                        "log_id": "L", "topic": topic, "partition": partition, "first": first, "last": first + 4095,
                        "stage": int(back > 0), "opened": at, "ended": at if back else EPOCH, "events": 4090,
                        "rejects": 1, "late": rng.randrange(4), "future": int(back == 3), "watermark_ns": ns(at),
                        "unknown_keys": 5, "rank": 1,
                    }
                )  # fmt: skip
    for shard in range(4):
        for back in range(2, 30):
            at = NOW.replace(second=0) - back * MINUTE
            closes.append({"shard": shard, "minute": at, "minute_ns": ns(at), "tick": at + 2 * MINUTE, "generation": 1})
    insert(client, "blocks", blocks)
    insert(client, "closes", closes)


def _rates(client: Client) -> None:
    row = {"at": NOW - timedelta(days=1), "at_ns": ns(NOW - timedelta(days=1)), "days": 12, "weeks": 4}
    promised = {"tickets_promised": 0.04, "pages_promised": 0.0093, "rules_hash": "9d3a77c1b2e4f605"}
    insert(
        client,
        "error_rates",
        [{**row, **promised, "model": name, "tickets": 0, "pages": 0} for name in ("card-fraud", "credit-score")],
    )


def _acts(client: Client) -> None:
    """A release that nobody has learnt yet, and what people did."""
    start = NOW.replace(second=0) - 20 * MINUTE
    new = [{"minute": at, "minute_ns": ns(at)} for at in (start + i * MINUTE for i in range(18))]
    row = {"model": "credit-score", "version": "2026-02", "baseline": "", "vectors": {"n": [9], "failed": [0]}}
    insert(client, "minutes", [{**row, **at, "principals": {"branch-api": [9, 0, 0]}, "generation": 1} for at in new])
    acts = (
        ("alert", "a2", "acknowledge", "", "I call the partner"),
        ("rule", "error_rate", "silence", f"{ns(NOW)}..{ns(NOW) + 7_200_000_000_000}", "known outage"),
    )
    insert(
        client,
        "actions",
        [
            {"kind": kind, "subject": subject, "at": NOW - 9 * MINUTE, "at_ns": ns(NOW - 9 * MINUTE), "id": f"x{i}",
             "action": action, "value": value, "actor": "L. Haddad", "reason": reason}
            for i, (kind, subject, action, value, reason) in enumerate(acts)
        ],
    )  # fmt: skip


def _reports(client: Client) -> None:
    """A report that was made, a round that failed, and drills: seen, lost, and one that could not be tried."""
    drilled = {"at": NOW, "at_ns": ns(NOW) - 1, "model": "card-fraud", "version": "7", "dummy": 0.01, "fidelity": 0.97}
    missing = {**drilled, "kind": "fault_missing", "injected": 3000, "rules": ["feature_missing"], "seconds": 600.0}
    silent = {**drilled, "kind": "silence", "strength": "strong", "injected": 900}
    week_ago = {"at": NOW - timedelta(days=7), "at_ns": ns(NOW - timedelta(days=7))}
    why = {"untried": f"it needs two labels, not {HOSTILE[0]}", "fidelity": 0.0}
    insert(
        client,
        "drills",
        [
            {**missing, "strength": "strong", "level": "page", "records": 90},
            {**missing, "strength": "weak", "level": "suspected", "records": 300},
            {**silent, **week_ago, "level": "page", "rules": ["model_silent"], "seconds": 420.0},
            {**silent, "level": "", "lost": 1},
            {**drilled, **why, "model": HOSTILE[0], "kind": "poison_source", "strength": "strong"},
        ],
    )
    until = NOW.replace(hour=0, minute=0, second=0)
    report = {"kind": "weekly", "model": "card-fraud", "period": "2026-W09", "until_ns": ns(until), "verdict": "look"}
    report |= {"from_ns": ns(until - timedelta(days=7)), "made": NOW, "made_ns": ns(NOW), "json": "{}", "text": "look"}
    page = "<!doctype html><title>card-fraud</title><style>p { color: green }</style><p>Two of 8 features moved.</p>"
    insert(client, "reports", [{**report, "summary": "Two of 8 features moved.", "html": page}])
    trouble = {"name": "round_reports", "value": f"{HOSTILE[0]}: the report on week 2026-W09 cannot be made"}
    insert(client, "schema_meta", [{**trouble, "at_ns": ns(NOW - timedelta(minutes=9))}])


def _rejects(client: Client, hostile: bool) -> None:
    reasons = [("not JSON: unexpected end of data", ""), ("ts is missing", ""), ("features must be an object", "")]
    if hostile:
        reasons += [(text, text) for text in HOSTILE] + [("binary", "\x00\x1b[31m<b>\x7f")]
    rows = []
    for i in range(130):
        reason, raw = reasons[i % len(reasons)]
        digest = blake2b(bytes([i]), digest_size=16).hexdigest()
        rows.append(
            {
                "log_id": "L", "topic": "inference", "partition": i % 4, "offset": 700_000 + i, "raw": raw,
                "at": NOW - timedelta(minutes=11 * i), "reason": reason, "size": 200 + 31 * i, "digest": digest,
            }
        )  # fmt: skip
    insert(client, "rejects", rows)
