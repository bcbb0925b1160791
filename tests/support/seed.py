"""A store filled with plausible rows in every table, so that pages can be looked at and questions can be asked.

The rows are made from a seed and a fixed moment; they come from no log. `HOSTILE` names are put wherever a log could
put a text of its own, to see that nothing of them is taken for markup, script or SQL.
"""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from clickhouse_connect.driver.client import Client

from schemas.events import layout_id
from tests.support.seed_queries import fill_queries
from tests.support.stored import EPOCH, insert, ns

NOW = datetime(2026, 3, 2, 10, 0, 30, tzinfo=UTC)
NOW_NS = int(NOW.timestamp()) * 1_000_000_000
MINUTE = timedelta(minutes=1)
FEATURES = ("amount", "age_days", "country_risk", "hour", "velocity_1h", "velocity_24h", "balance", "tenure_months")
CATEGORIES = ("channel", "merchant_type")

# name, version, events per minute, share that fails
MODELS = (
    ("card-fraud", "7", 420, 0.002),
    ("credit-score", "2026-01", 64, 0.001),
    ("aml-transactions", "3", 180, 0.004),
    ("support-assistant", "llm-4", 35, 0.021),
    ("kyc-documents", "1", 12, 0.0),
    ("churn", "", 6, 0.0),
)
HOSTILE = (
    "<script>alert(1)</script>",
    "a/b/../../c d",
    "..",
    "'; DROP TABLE alerts; --",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "مرقاب ☂ {now_ns:Int64}",
    "javascript:alert(1)",
)


class Clock:
    """A clock that stands still at the moment of the seed, unless it is set."""

    def __init__(self, now_ns: int = NOW_NS) -> None:
        self.now = now_ns

    def now_ns(self) -> int:
        return self.now


def fill(client: Client, *, hostile: bool = False) -> None:
    """Every table: six models of a bank, one of them silent, one in trouble; with `hostile`, names that attack."""
    rng = random.Random(7)
    models = list(MODELS)
    if hostile:
        models += [(name, "" if i % 2 else name, 3 + i, 0.1) for i, name in enumerate(HOSTILE)]
    for name, version, rate, failing in models:
        who = HOSTILE if name in HOSTILE else ("mobile-app", "branch-api", "partner-17", "batch-night")
        features = (*HOSTILE[:4], "amount") if name in HOSTILE else FEATURES
        _minutes(client, rng, name, version, rate, failing, who)
        _events(client, rng, name, version, who, features)
        if name != "kyc-documents":
            _baseline(client, name, version)
            _readings(client, rng, name, version, rate, features)
    _files(client)
    _alerts(client, hostile)
    _line(client, rng, hostile)
    _rejects(client, hostile)
    _rates(client)
    _acts(client)
    _people(client, hostile)
    _reports(client)
    fill_queries(client, hostile)


def _minutes(
    client: Client, rng: random.Random, name: str, version: str, rate: int, failing: float, who: tuple[str, ...]
) -> None:
    end = NOW.replace(second=0) - (47 if name == "churn" else 2) * MINUTE
    length = 95 if name == "kyc-documents" else 8 * 60
    rows = []
    for back in range(length):
        at = end - back * MINUTE
        n = max(1, round(rate * (1 + 0.3 * math.sin(at.timestamp() / 2500)) + rng.gauss(0, rate**0.5)))
        if name == "card-fraud" and back < 25:
            n = round(n * 1.7)
        counts = _split(rng, n, who, failing)
        row = {"model": name, "version": version, "minute": at, "minute_ns": ns(at), "baseline": "b0"}
        vectors = {"n": [n], "failed": [sum(row[2] for row in counts.values())], "latency": [n // 2, n - n // 2]}
        rows.append({**row, "vectors": vectors, "principals": counts, "predictions": {"0": n}, "generation": 1})
    insert(client, "minutes", rows)
    late = {"log_id": "L", "topic": "inference", "first": 0, "last": 9, "model": name, "version": version}
    insert(client, "minutes_late", [{**late, "minute": end, "minute_ns": ns(end), "vectors": {"n": [rate // 9]}}])


def _split(rng: random.Random, n: int, who: tuple[str, ...], failing: float) -> dict[str, list[int]]:
    counts = {}
    left = n
    for i, name in enumerate(who):
        part = left if i == len(who) - 1 else left // 2
        left -= part
        counts[name] = [part, round(part * 0.01), sum(rng.random() < failing for _ in range(min(part, 400)))]
    return counts


def _events(
    client: Client, rng: random.Random, name: str, version: str, who: tuple[str, ...], features: tuple[str, ...]
) -> None:
    names = tuple(sorted(features))
    rows = []
    for i in range(400):
        at = NOW - timedelta(seconds=12 * i)
        unusual = rng.random() < 0.05
        rows.append(
            {
                "log_id": "L", "topic": "inference", "partition": i % 4, "offset": 1000 - i, "ts": at, "model": name,
                "version": version, "principal": rng.choice(who), "id": f"r{i:06d}", "status": "200",
                "source_ip": "10.1.2.3", "prediction": str(int(unusual)), "score": rng.random(),
                "latency_ms": rng.expovariate(0.05), "feature_set": layout_id(names, CATEGORIES),
                "num": [rng.gauss(10, 4) if i % 7 else float("nan") for _ in names], "cat": ["web", "grocery"],
                "anomaly": rng.uniform(0.8, 0.99) if unusual else rng.uniform(0.1, 0.5), "flags": 32 * unusual,
            }
        )  # fmt: skip
    insert(client, "events", rows)
    insert(client, "feature_sets", [{"id": layout_id(names, CATEGORIES), "num_names": names, "cat_names": CATEGORIES}])


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


def _baseline(client: Client, name: str, version: str) -> None:
    numbers = (1, 2) if name == "card-fraud" else (1,)
    for number in numbers:
        start = NOW - timedelta(days=9 - 3 * number)
        row = {"model": name, "version": version, "number": number, "id": f"{number:02d}c4f6a09b1d{number:04x}"}
        row |= {"origin": "learnt", "learnt_from": start, "learnt_to": start + 60 * MINUTE, "events": 25_731}
        insert(client, "baselines", [{**row, "rows": 2000, "content": "{}"}])


def _readings(
    client: Client, rng: random.Random, name: str, version: str, rate: int, features: tuple[str, ...]
) -> None:
    end = NOW.replace(second=0) - (45 if name == "churn" else 0) * MINUTE
    wholes = (("volume.events", 1.0 * rate, 0.1), ("latency.p50", 14.0, 0.08), ("latency.p95", 60.0, 0.12),
              ("latency.p99", 95.0, 0.2), ("errors.share", 0.002, 0.5), ("output.score_mean", 0.11, 0.04),
              ("anomaly.share", 0.01, 0.4), ("output.score_psi", 0.01, 0.3), ("output.prediction_psi", 0.004, 0.3),
              ("output.confidence", 0.93, 0.01), ("labels.accuracy", 0.97, 0.01), ("cost.tokens_in", 310.0, 0.1),
              ("attack.extraction", 0.01, 0.5), ("poisoning.source", 0.02, 0.3),
              ("text.attacks", 0.002, 0.5))  # fmt: skip
    rows: list[dict[str, Any]] = []
    for pane in range(96):
        at = end - 5 * pane * MINUTE
        base = {"model": name, "version": version, "at": at, "at_ns": ns(at), "baseline": "b0", "generation": 1}
        for metric, level, spread in wholes:
            value = None if 40 < pane < 46 else max(0.0, level * (1 + rng.gauss(0, spread)))
            if name == "card-fraud" and metric == "anomaly.share" and pane < 8:
                value = 0.062 + rng.gauss(0, 0.004)
            rows.append({**base, "metric": metric, "n": 5 * rate, "value": value, "expected": level, "p": rng.random()})
        for i, feature in enumerate(features):
            moved = 0.34 * max(0, 9 - pane) / 9 if name == "card-fraud" and i == 4 else 0.0
            value = abs(rng.gauss(0.012, 0.006)) + moved
            reading = {"metric": "feature.psi", "feature": feature, "n": 5 * rate, "value": value, "expected": 0.012}
            rows.append({**base, **reading, "p": 1e-12 if moved > 0.05 else rng.random(), "effect": value})
    insert(client, "readings", rows)


def _alerts(client: Client, hostile: bool) -> None:
    drift = {
        "expected": [{"label": f"{i}–{i + 2}", "share": s} for i, s in zip(range(0, 16, 2), SHARES[0], strict=True)],
        "observed": [{"label": f"{i}–{i + 2}", "share": s} for i, s in zip(range(0, 16, 2), SHARES[1], strict=True)],
        "contributors": [{"name": "segment country=QA", "share": 0.61}, {"name": "channel=web", "share": 0.24}],
        "threshold": 0.1,
        **explained(ns(NOW) - 38 * 60_000_000_000),
    }
    start = ns(NOW) / 1e9
    silence = {"series": [[start - 60 * i, 6 + i % 3 if i > 46 else 0] for i in range(90)], "expected": [4.0, 9.0]}
    alert(client, "a1", "feature_drift", "drift", "card-fraud", "7", "feature.psi", ("ticket", "page"), 38,
          "The input velocity_1h of card-fraud no longer looks as it did when the baseline was learnt",
          feature="velocity_1h", p=3e-13, effect=0.34, evidence=drift)  # fmt: skip
    alert(client, "a2", "extraction_sweep", "extraction", "card-fraud", "7", "near_duplicates", ("suspected", "ticket"),
          22, "partner-17 walks through card-fraud in small steps, as one does who copies a model",
          principals=["partner-17"], p=2e-6, effect=0.8, technique="AML.T0024.002")  # fmt: skip
    alert(client, "a3", "traffic_silence", "blindness", "churn", "", "volume.silence", ("suspected",), 40,
          "churn has been silent for longer than it ever was", p=1e-7, effect=1.0, evidence=silence)  # fmt: skip
    alert(client, "a4", "error_rate", "fault", "support-assistant", "llm-4", "errors.share", ("suspected",), 12,
          "support-assistant fails more often than usual", p=None, effect=0.019)  # fmt: skip
    alert(client, "a6", "text_leak", "text", "support-assistant", "llm-4", "text.leaks", ("suspected",), 15,
          "Replies of support-assistant hold cards", feature="pii.card", principals=["batch-night"], p=0.1)  # fmt: skip
    alert(client, "a5", "feature_drift", "drift", "card-fraud", "7", "feature.psi", ("ticket", "resolved"), 400,
          "The input amount of card-fraud no longer looks as it did", feature="amount", p=1e-5)  # fmt: skip
    if hostile:
        for i, text in enumerate(HOSTILE):
            bad = {"expected": [{"label": text, "share": 0.5}], "observed": [{"label": text, "share": 1e9}],
                   "contributors": [{"name": text, "share": -3}], text: text, "series": [[1, text]]}  # fmt: skip
            alert(client, f"h{i}", text, text, text, "" if i % 2 else text, text, ("ticket",), 9, text, feature=text,
                  principals=[text], principal=text, evidence=bad, reason=text, technique=text)  # fmt: skip
        alert(client, "h-json", "feature_drift", "drift", HOSTILE[0], "", "feature.psi", ("page",), 9, "",
              evidence="not json at all [[[")  # fmt: skip


def explained(first: int) -> dict[str, Any]:
    """What `monitors.explain` adds to a drift alert, first seen at that time."""
    minute = 60_000_000_000
    score = {"since_ns": first + 10 * minute, "metric": "output.score_psi", "feature": ""}
    return {
        "quiet_if": {"min_effect": 0.35, "min_n": 2101, "events": 880, "budget": 0.00025},
        "stages": [
            {"stage": "schema", "since_ns": None},
            {"stage": "feature", "since_ns": first, "metric": "feature.psi", "feature": "velocity_1h"},
            {"stage": "score", **score},
            {"stage": "decision", "since_ns": None},
        ],
        "last_quiet": {"at_ns": first - 5 * minute, "value": 0.021},
        "inputs": [{"name": "velocity_1h 8–10", "share": 0.41}, {"name": "hour ≥ 22", "share": 0.12}],
        "segments": [{"name": "channel=branch", "share": 0.71, "traffic": 0.2, "bin": "8–10"}],
        "release": {"version": "7", "at_ns": first - 12 * minute},
        "verdict": "release",
        "verdict_why": {"reasons": ["version 7 began 12 minutes before"], "shares": {"release": 0.81, "attack": 0.04}},
    }


SHARES = (
    (0.21, 0.34, 0.18, 0.11, 0.07, 0.05, 0.03, 0.01),
    (0.09, 0.19, 0.15, 0.12, 0.13, 0.14, 0.11, 0.07),
)


def alert(
    client: Client,
    id: str,
    rule: str,
    family: str,
    model: str,
    version: str,
    metric: str,
    levels: tuple[str, ...],
    minutes_ago: int,
    summary: str,
    *,
    p: float | None = 1e-4,
    effect: float | None = 0.2,
    evidence: dict[str, Any] | str = "",
    reason: str = "",
    table: str = "alerts",
    **more: Any,
) -> None:
    """One alert with a transition per level; the level "resolved" ends it. `table`: alerts or notices."""
    first = NOW - minutes_ago * MINUTE
    rows = []
    for i, level in enumerate(levels):
        at = first + 5 * i * MINUTE
        over = level == "resolved"
        held = {"suspected": None}.get(levels[0], first)
        text = reason or (f"3 of the last 3 panes agree, p = {p}" if not over else "quiet for 3 panes")
        rows.append(
            {
                "id": id, "transition": i, "at": at, "at_ns": ns(at), "reason": text,
                "level": levels[i - 1] if over else level, "state": "resolved" if over else "open", "rule": rule,
                "family": family, "model": model, "version": version, "metric": metric, "first_seen": first,
                "first_seen_ns": ns(first), "opened": held or (at if level != "suspected" else None),
                "resolved": at if over else None, "p": p, "effect": effect, "n": 2100, "summary": summary,
                "baseline": "02c4f6a09b1d0002", "rules_hash": "9d3a77c1b2e4f605", "generation": 1, "transitions": "[]",
                "evidence": evidence if isinstance(evidence, str) else json.dumps(evidence), **more,
            }
        )  # fmt: skip
    insert(client, table, rows)
    over = levels[-1] == "resolved"
    incident = {
        "id": f"i-{id}", "at": first, "at_ns": ns(first), "alerts": [id], "model": model, "models": [model],
        "rule": rule,
        "level": levels[-2] if over else levels[-1], "state": "resolved" if over else "open", "opened": first,
        "opened_ns": ns(first), "title": summary, "family": family, "cause": "alert", "lead": id, "reason": "opened",
        "principals": more.get("principals", []), "resolved": rows[-1]["at"] if over else None, "content": "",
    }  # fmt: skip
    if levels[0] != "suspected" or len(levels) > 1:
        insert(client, "incidents", [incident])


def _people(client: Client, hostile: bool) -> None:
    """What people did, and who was told."""
    text = HOSTILE[0] if hostile else "a campaign began"
    rows = []
    for i, (kind, subject, action, value) in enumerate((
        ("incident", "i-a2", "acknowledge", ""), ("alert", "a5", "verdict", "drift"),
        ("incident", "i-a5", "verdict", "drift"), ("alert", "a1", "note", ""),
        ("model", "churn", "maintenance", f"0..{ns(NOW) * 2}"), ("incident", "i-a1", "note", ""),
        ("grafana", "http://127.0.0.1:3000", "push", "done 0.1.0 0f1e2d3c4b5a6978"),
    )):  # fmt: skip
        at = NOW - timedelta(minutes=9 - i)
        row = {"kind": kind, "subject": subject, "at": at, "at_ns": ns(at), "id": f"act{i}", "action": action}
        rows.append({**row, "value": value, "actor": "s.rahman", "reason": text})
    insert(client, "actions", rows)
    at = NOW - timedelta(minutes=20)
    told = {"at": at, "at_ns": ns(at), "incident": "i-a1", "receiver": "duty", "kind": "trigger", "answer": "accepted"}
    insert(client, "deliveries", [{**told, "detail": text, "attempt": 1, "seconds": 0.4}])


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
