"""The alerts and incidents of a seeded store, and what people did about them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from tests.support.seed_bank import HOSTILE, MINUTE, NOW
from tests.support.stored import insert, ns


def alerts(client: Client, hostile: bool) -> None:
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


def people(client: Client, hostile: bool) -> None:
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
