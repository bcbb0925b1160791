"""Drift of one segment, of one segment after a release, and what the alert then says, word for word."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from schemas.alerts import Alert
from streams.judgerows import alert_rows
from streams.sinks.json_lines import JsonLinesStore
from tests.support.queries import asks, prepared
from tests.support.traffic import MONDAY, RULES, Made, Ran, rich, run_line, small_settings, traffic

RELEASED = MONDAY + 3 * 3600 + 180  # at three minutes past three


def released(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """From three in the morning version 4.2 answers some requests, and customers in Saudi Arabia look older."""
    row["segment"] = {"country": str(rng.choice(["QA", "SA"], p=[0.7, 0.3]))}
    if row["ts"] > RELEASED:
        row["features"]["age"] += 40 * (row["segment"]["country"] == "SA")
        row["version"] = "4.2" if rng.random() < 0.3 else "1"
    return row


@cache
def ran() -> Ran:
    return run_line(Made().add(traffic(300, 120, change=released, seed=3)).feeds(), small_settings())


def drift() -> Alert:
    return next(a for a in ran().alerts.values() if a.rule == "feature_drift" and a.series.version == "1")


def test_the_sentence_names_the_segment_and_the_release() -> None:
    alert = drift()
    what, segment, release = alert.summary.split("; ")
    assert what.startswith("Drift of feature age on card 1: ")
    assert segment.startswith("most of it from country=SA: ")
    assert int(segment.removesuffix(" %").rpartition(" ")[2]) >= 80
    assert release == "a new version 4.2 began 17 minutes before"


def test_the_evidence_has_the_parts_and_the_verdict() -> None:
    evidence = drift().evidence
    assert evidence["segments"][0]["name"] == "country=SA"
    assert 0.25 < evidence["segments"][0]["traffic"] < 0.35
    assert evidence["cells"][0]["name"].startswith("age ")
    assert evidence["cells"][0]["name"].endswith(", country=SA")
    assert evidence["release"] == {"version": "4.2", "at_ns": RELEASED * 1_000_000_000}
    assert evidence["verdict"] == "release"
    assert evidence["verdict_why"]["reasons"] == ["version 4.2 began 17 minutes before"]


def test_a_new_version_is_a_reading_once_and_no_alert() -> None:
    new = [row for row in ran().store.rows("readings") if row["metric"] == "version.new"]
    assert [(row["version"], row["value"], row["p"]) for row in new] == [("4.2", 2.0, None)]
    assert new[0]["n"] > 50
    assert all(alert.series.metric != "version.new" for alert in ran().alerts.values())
    assert "version.new" not in {rule.metric for rule in RULES}


async def test_alerts_jsonl_says_verdict_and_segment(tmp_path: Path) -> None:
    store = JsonLinesStore(tmp_path)
    for alert in ran().told:
        await store.insert("alerts", alert_rows([alert], 1))
    await store.close()
    lines = [json.loads(line) for line in (tmp_path / "alerts.jsonl").read_text().splitlines()]
    mine = next(line for line in lines if line["rule"] == "feature_drift" and line["version"] == "1")
    assert mine["verdict"] == "release"
    assert mine["segment"] == ""
    assert "most of it from country=SA" in mine["summary"]


def broken(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """From three on the app sends no amounts, and its answers are wrong; every answer is labelled at once."""
    app = row["features"]["channel"] == "app"
    row["segment"] = {"desk": "mobile" if app else str(rng.choice(["north", "south"]))}
    bad = app and row["ts"] > RELEASED
    if bad:
        del row["features"]["amount"]
    right = rng.random() < (0.1 if bad else 0.97)
    row["label"] = str(row["prediction"] if right else 1 - row["prediction"])
    return row


def test_a_field_that_one_producer_no_longer_sends_is_a_fault_of_the_data() -> None:
    ran = run_line(Made().add(traffic(300, 120, change=broken, seed=3)).feeds(), small_settings())
    alerts = {alert.rule: alert for alert in ran.alerts.values() if alert.opened_ns}
    missing = alerts["feature_missing"]
    assert missing.evidence["verdict"] == "data fault"
    assert "values are missing" in missing.evidence["verdict_why"]["reasons"]
    assert missing.summary.endswith("; most of it from desk=mobile: 100 %")
    assert "; most of it from desk=mobile: " in alerts["accuracy_fall"].summary


def test_a_drift_that_one_searching_account_makes_looks_like_an_attack() -> None:
    far = asks(900, "search", start=MONDAY + 3600)
    for row in far:
        row["features"] = {name: x + 5 if name[0] == "e" else x for name, x in row["features"].items()}
    rows = sorted([*traffic(120, 40, seed=1, change=rich), *far], key=lambda row: float(row["ts"]))
    ran = run_line(Made().add(rows).feeds(), baselines=[prepared().baseline])
    moved = next(alert for alert in ran.alerts.values() if alert.rule == "embedding_shift")
    assert moved.evidence["verdict"] == "attack"
    assert moved.evidence["verdict_why"]["reasons"][0].startswith("principals accused of inversion sent 3")
    assert {a.evidence["verdict"] for a in ran.alerts.values() if a.rule.startswith("attack_")} == {"attack"}
