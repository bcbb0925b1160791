"""The incident report and one decision explained, over a store with plausible and hostile rows in every table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import numpy as np
import pytest

from dashboards.reader import ClickHouseReader, connect
from dashboards.reports.explain import place
from dashboards.reports.making import make_explanation, make_incident
from schemas.errors import UsageError
from tests.support import seed
from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import RULES, SETTINGS, make_store


@pytest.fixture(scope="module")
def filled(clickhouse: ClickHouseProcess) -> Iterator[ClickHouseReader]:
    reader = connect(make_store(clickhouse, "report_incident"), size=2)
    yield reader
    reader.close()


async def test_an_incident_is_told_in_order_of_time_with_what_saw_it_and_who_was_told(filled: ClickHouseReader) -> None:
    row = await make_incident(filled, SETTINGS, RULES, "i-a1", seed.NOW_NS)
    told = json.loads(row["json"])["sections"]
    times = [step["at"] for step in told["timeline"]["timeline"]]
    assert times == sorted(times)
    assert {"alert", "incident", "duty", "s.rahman"} <= {step["who"] for step in told["timeline"]["timeline"]}
    (alert,) = told["seen"]["alerts"]
    assert (alert["rule"], alert["feature"], alert["baseline"]) == ("feature_drift", "velocity_1h", "02c4f6a09b1d0002")
    assert told["evidence"]["events"]
    assert told["touched"]["decisions"] > 0
    assert told["done"] == {"acts": 1, "deliveries": 1}
    for words in ("Corrective actions", "psi_drift", "L. Haddad", "Roll back the feature pipeline", "release"):
        assert words in row["html"], words
    assert row["html"].count('class="line"') == 9


async def test_a_verdict_is_the_incidents_word(filled: ClickHouseReader) -> None:
    row = await make_incident(filled, SETTINGS, RULES, "i-a5", seed.NOW_NS)
    assert (row["verdict"], row["period"], row["model"]) == ("drift", "i-a5", "card-fraud")


@pytest.mark.parametrize("number", range(len(seed.HOSTILE)))
async def test_nothing_a_log_says_becomes_markup(filled: ClickHouseReader, number: int) -> None:
    row = await make_incident(filled, SETTINGS, RULES, f"i-h{number}", seed.NOW_NS)
    assert re.findall(r"<script|<img|onerror=[^&]*>|javascript:[^<]*[\"']>", row["html"]) == []
    assert "/" not in row["name"]


@pytest.mark.parametrize(
    ("value", "knots", "says"),
    [
        (1.0, [0, 0, 0, 1, 1], "about 25.0 % have just this"),
        (0.0, [0, 0, 0, 1, 1], "about 50.0 % have just this"),
        (7.0, [7, 7, 7], "about 100 % have just this"),
        (2.5, [0, 1, 2, 3, 4], "larger than 62.5 %"),
    ],
)
def test_where_a_value_lies_among_those_seen(value: float, knots: list[float], says: str) -> None:
    """Of a yes or no every value equals many."""
    assert place(value, np.array(knots, dtype=float)) == says


async def test_a_decision_is_explained(filled: ClickHouseReader) -> None:
    row = await make_explanation(filled, "r000003", "card-fraud", seed.NOW_NS)
    told = json.loads(row["json"])
    assert told["sections"]["answer"]["model"] == "card-fraud"
    assert set(told["sections"]["inputs"]["features"]) == {*seed.FEATURES, *seed.CATEGORIES}
    assert "a1" in told["sections"]["around"]["alerts"]
    assert "WHAT IT ANSWERED" in row["text"]


async def test_an_id_that_is_not_there_or_not_one_models_is_said(filled: ClickHouseReader) -> None:
    with pytest.raises(UsageError, match="no incident 'nope'"):
        await make_incident(filled, SETTINGS, RULES, "nope", seed.NOW_NS)
    with pytest.raises(UsageError, match="no stored event"):
        await make_explanation(filled, "nope", "", seed.NOW_NS)
    with pytest.raises(UsageError, match="name one with --model"):
        await make_explanation(filled, "r000003", "", seed.NOW_NS)
