"""Every question of the dashboards runs on an empty and on a filled store, and says what it asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.questions import FOLDER, question, questions
from dashboards.reader import ClickHouseReader, connect
from schemas.errors import SettingError, StoreRefused, UsageError
from schemas.settings import Store
from schemas.views import VIEWS
from tests.support import seed
from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import make_store

HOUR = 3_600_000_000_000
# What each parameter means wherever it occurs; a new parameter needs a line here.
EXAMPLES: dict[str, Any] = {
    "model": "card-fraud",
    "version": "7",
    "metric": "feature.psi",
    "feature": "velocity_1h",
    "principal": "",
    "who": "partner-17",
    "segment": "",
    "session": "",
    "principals": ["partner-17", "it's \\ me"],
    "level": "",
    "state": "",
    "rule": "feature_drift",
    "id": "a1",
    "alert": "a1",
    "alerts": ["a1", "a2"],
    "incident": "i-a1",
    "kind": "alert",
    "subject": "a5",
    "ids": [1, 2**63 - 1],
    "limit": 10,
    "from_ns": seed.NOW_NS - 24 * HOUR,
    "until_ns": seed.NOW_NS,
    "step_ns": HOUR // 12,
    "families": ["drift", "extraction", "it's \\ me"],
    "family": "latency.",
    "every": 1,
    "request": "r000003",
    "period": "2026-W09",
}
# These look for what the examples above do not name.
EMPTY_WHEN_FILLED = {"feature_names", "releases", "baseline_content", "report_stored", "reports_of", "labels_by_id"}
EMPTY_WHEN_FILLED |= {"notices_counts"}  # tests/unit/test_console_early.py has some
EMPTY_WHEN_FILLED |= {"talk_of"}  # the seed has no texts; tests/stories/test_chats_browser.py has


@pytest.fixture(scope="module")
def stores(clickhouse: ClickHouseProcess) -> Iterator[dict[str, ClickHouseReader]]:
    names = ("console_empty", "console_filled")
    readers = {name: connect(make_store(clickhouse, name, filled=name == names[1]), size=1) for name in names}
    yield readers
    for reader in readers.values():
        reader.close()


@pytest.mark.parametrize("name", sorted(questions()))
async def test_a_question_has_an_answer(name: str, stores: dict[str, ClickHouseReader]) -> None:
    asked = question(name)
    parameters = {key: EXAMPLES[key] for key in asked.parameters}
    empty = await stores["console_empty"].query(asked.sql, parameters)
    assert len(empty) <= 1
    filled = await stores["console_filled"].query(asked.sql, parameters)
    assert filled or name in EMPTY_WHEN_FILLED
    for row in filled:
        assert all("datetime" not in type(value).__name__ for value in row.values()), "times travel as *_ns integers"


@pytest.mark.parametrize("name", sorted(questions()))
def test_a_question_says_what_it_asks_and_reads_deduplicated_rows(name: str) -> None:
    asked = question(name)
    assert asked.meaning.endswith("?")
    read = re.findall(r"\bFROM\s+(\w+)", asked.sql)
    named = re.findall(r"\bWITH (\w+) AS", asked.sql)
    assert all(table.endswith("_now") or table in {*named, *VIEWS} for table in read), read
    assert ";" not in asked.sql


def test_the_folder_holds_nothing_else() -> None:
    assert {path.suffix for path in FOLDER.iterdir()} == {".sql"}


def test_an_unknown_question_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="alerts_present"):
        question("alerts_presnt")


async def test_a_hostile_name_is_a_value_and_never_sql(stores: dict[str, ClickHouseReader]) -> None:
    reader = stores["console_filled"]
    for name in seed.HOSTILE:
        rows = await reader.query(question("models_seen").sql, {"from_ns": 0, "model": name})
        assert [row["model"] for row in rows] == [name]


async def test_a_refusal_is_one_sentence(stores: dict[str, ClickHouseReader]) -> None:
    with pytest.raises(StoreRefused, match="refused"):
        await stores["console_empty"].query("SELECT nothing FROM nowhere")


async def test_the_console_cannot_write(stores: dict[str, ClickHouseReader]) -> None:
    with pytest.raises(StoreRefused, match="readonly"):
        await stores["console_empty"].query("DROP TABLE alerts")


def test_an_address_with_a_password_is_refused() -> None:
    with pytest.raises(SettingError, match="without user or password"):
        connect(Store(url="http://me:secret@127.0.0.1:1"))
