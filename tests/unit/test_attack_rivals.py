"""The simple monitors that attacks are compared with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.attack_log import Truth
from tests.support.attack_rivals import rivals


def event(who: str, minute: int, value: float, anomaly: float | None = 0.1) -> dict[str, Any]:
    at = f"2026-03-02T{minute // 60:02}:{minute % 60:02}:00.000Z"
    return {"model": "m", "principal": who, "ts": at, "num": [value], "anomaly": anomaly}


def told(tmp_path: Path, attack: list[dict[str, Any]]) -> dict[str, bool]:
    """What each says of one campaign of account `x`, beside three honest accounts of which one is loud."""
    honest = [event(f"h{i}", 60 * k, 100 * i + k) for i in range(3) for k in range(20)]
    loud = [event("h0", 1, 1.0) for _ in range(60)] + [event("h0", 120, 500 + k, 0.9) for k in range(5)]
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in [*honest, *loud, *attack]))
    truth = Truth([{"model": "m", "principals": ["x"]}], {}, {f"h{i}": "normal" for i in range(3)})
    return rivals(truth, path)[0]


def test_a_fast_account_is_told_by_its_rate(tmp_path: Path) -> None:
    attack = [event("x", 5, 1000 + k) for k in range(30)]
    assert told(tmp_path, attack) == {"requests per hour": True, "half-space share": False, "exact duplicates": False}


def test_a_repeating_account_is_told_by_its_duplicates(tmp_path: Path) -> None:
    attack = [event("x", 60 * (k % 20), 7.0) for k in range(20)]
    assert told(tmp_path, attack) == {"requests per hour": False, "half-space share": False, "exact duplicates": True}


def test_an_unusual_account_is_told_by_its_share(tmp_path: Path) -> None:
    attack = [event("x", 60 * (k % 20), 1000 + k, 0.99 if k == 0 else 0.1) for k in range(20)]
    assert told(tmp_path, attack) == {"requests per hour": False, "half-space share": True, "exact duplicates": False}


def test_a_quiet_account_is_told_by_none(tmp_path: Path) -> None:
    attack = [event("x", 60 * k, 1000 + k) for k in range(20)]
    assert not any(told(tmp_path, attack).values())
