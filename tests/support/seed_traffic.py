"""What the models of a seeded store were asked and how that was read: minutes, events, baselines, readings."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from schemas.events import layout_id
from tests.support.seed_bank import CATEGORIES, MINUTE, NOW
from tests.support.stored import insert, ns


def minutes(
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


def events(
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


def baseline(client: Client, name: str, version: str) -> None:
    numbers = (1, 2) if name == "card-fraud" else (1,)
    for number in numbers:
        start = NOW - timedelta(days=9 - 3 * number)
        row = {"model": name, "version": version, "number": number, "id": f"{number:02d}c4f6a09b1d{number:04x}"}
        row |= {"origin": "learnt", "learnt_from": start, "learnt_to": start + 60 * MINUTE, "events": 25_731}
        insert(client, "baselines", [{**row, "rows": 2000, "content": "{}"}])


def readings(client: Client, rng: random.Random, name: str, version: str, rate: int, features: tuple[str, ...]) -> None:
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
