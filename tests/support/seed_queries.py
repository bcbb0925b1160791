"""Signatures of queries for a seeded store: somebody who searches, an accomplice, and customers."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import numpy as np
from clickhouse_connect.driver.client import Client

from schemas.queries import layout
from tests.support.stored import insert, ns

WIDTH = 10
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def fill_queries(client: Client, hostile: bool) -> None:
    """Half an hour of card-fraud: partner-17 and partner-18 walk around one case, the others ask about customers."""
    rng = np.random.default_rng(5)
    case = rng.integers(5, 30, WIDTH)
    rows = []
    searching = ["partner-17", "partner-18", *(["<script>alert(1)</script>"] if hostile else [])]
    for back in range(30):
        at = NOW - timedelta(minutes=back + 2)
        for who in (*searching, "mobile-app", "branch-api", "batch-night"):
            made = np.zeros(6, layout(WIDTH))
            made["hash"] = rng.integers(0, 2**62, 6)
            made["time"] = ns(at) + np.arange(6) * 9_000_000_000
            made["whole"], made["top"] = rng.integers(0, 2**31, 6), rng.integers(33_000, 65_000, 6)
            searches = who in searching
            made["label"] = rng.random(6) < (0.4 if searches else 0.1)
            near = np.clip(case + rng.integers(-1, 2, (6, WIDTH)), 1, 34)
            made["codes"] = near if searches else rng.integers(1, 34, (6, WIDTH))
            rows.append(
                {"model": "card-fraud", "version": "7", "minute": at, "minute_ns": ns(at), "baseline": "b0",
                 "principal": who, "turn": 0, "width": WIDTH, "queries": b64encode(made.tobytes()).decode(),
                 "generation": 1}
            )  # fmt: skip
    insert(client, "principal_minutes", rows)
