"""Whatever is thrown at it: no crash, bounded memory, and every record once, as an event or as a reject with a reason.

MIRQAB_TEST_HOSTILE sets the number of messages (`make fuzz` and `make soak` take more than `make test`).
"""

from __future__ import annotations

import asyncio
import json
import os
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import RawRecord
from schemas.settings import Settings
from streams.migrate import migrate
from streams.pipeline import Feed, Line
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.clickhouse import ClickHouseProcess
from tests.support.hostile import HTML, SQL, messages
from tests.support.traffic import MONDAY, RULES, SOURCE, Made, learn_from, run_line, small_settings, traffic

COUNT = int(os.environ.get("MIRQAB_TEST_HOSTILE", "100000"))
BATCH = 4096
# What the process may grow by. Measured: some 250 MB, most of it decoded batches and the judge's model states; a line
# that kept records, names or minutes for ever would pass this within the run.
GROWTH_MB = 800


def resident_mb() -> float:
    """Memory this process holds, in MB; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    return int(next(line for line in status.read_text().splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def feeds(rows: Iterable[tuple[float, bytes]]) -> Iterator[Feed]:
    batch: list[RawRecord] = []
    for offset, (at, value) in enumerate(rows):
        batch.append(RawRecord(offset, value, int(at * 1e9)))
        if len(batch) == BATCH:
            yield SOURCE, batch
            batch = []
    if batch:
        yield SOURCE, batch


class Run:
    """Messages through the whole line into a real store; then what the store says."""

    def __init__(self, server: ClickHouseProcess, database: str) -> None:
        line: Settings = small_settings().replace("line", max_models=200)
        self.settings = line.replace(
            "store", url=server.url, username=server.username, password=server.password, database=database
        )
        self.settings = self.settings.replace("privacy", text="plain")
        self.client = server.client

    async def _run(self, rows: Iterable[tuple[float, bytes]]) -> Line:
        store = ClickHouseStore(self.settings.store)
        await store.connect(create=True)
        await migrate(store, self.settings)
        line = Line(self.settings, RULES, store, clock=lambda: int((MONDAY + COUNT) * 1e9))
        self.grown, before = 0.0, 0.0
        for number, feed in enumerate(feeds(rows)):
            await line.observer.feed(*feed)
            await line._judge()
            if number == 1:
                before = resident_mb()
            self.grown = max(self.grown, resident_mb() - before) if before else 0.0
        await store.close()
        return line

    def feed(self, rows: Iterable[tuple[float, bytes]]) -> Line:
        return asyncio.run(self._run(rows))

    def ask(self, sql: str) -> list[dict[str, Any]]:
        client = self.client(self.settings.store.database)
        try:
            return list(client.query(sql).named_results())
        finally:
            client.close()


@pytest.mark.slow
@pytest.mark.timeout(0 if COUNT > 100_000 else 600)
def test_every_message_is_stored_once_or_rejected_with_a_reason(
    clickhouse: ClickHouseProcess, database_name: str
) -> None:
    run = Run(clickhouse, database_name)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # arithmetic that overflowed unseen
        line = run.feed(messages(COUNT))
    events, rejects = (
        run.ask(f"SELECT count() AS n, uniqExact(offset) AS one FROM {table}_now")[0] for table in ("events", "rejects")
    )
    both = run.ask("SELECT count() AS n FROM events_now WHERE offset IN (SELECT offset FROM rejects_now)")[0]["n"]
    print(f"\nhostile: {COUNT:,} messages, {events['n']:,} events, {rejects['n']:,} rejects, grew {run.grown:.0f} MB")
    assert events["n"] == events["one"] == line.meter.events
    assert rejects["n"] == rejects["one"] == line.meter.rejects
    assert events["n"] + rejects["n"] == COUNT
    assert both == 0
    assert run.ask("SELECT count() AS n FROM rejects_now WHERE reason = '' OR size = 0 AND reason = ''")[0]["n"] == 0
    assert line.meter.closes > 0
    assert len(line.judges[0].judge.states) <= 201
    assert run.grown < GROWTH_MB
    # What looks like SQL or HTML is data: the very same characters come back, and all tables are still there.
    for text in (SQL, HTML):
        found = run.ask(f"SELECT count() AS n FROM events_now WHERE principal = {_quoted(text)}")[0]["n"]
        assert found > 0, text


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def test_a_flood_of_names_is_counted_under_other(clickhouse: ClickHouseProcess, database_name: str) -> None:
    """Scaled to fit `make test`; with MIRQAB_TEST_HOSTILE=1000000 it is a million models and principals."""
    count = COUNT // 10 if COUNT <= 100_000 else COUNT

    def flood() -> Iterator[tuple[float, bytes]]:
        for i in range(count):
            at = MONDAY + i * 0.1
            row = {"ts": at, "model": f"model-{i}", "principal": f"p{i}", "version": str(i), "prediction": f"c{i}"}
            yield at, json.dumps(row | {"features": {"a": 1.0}}).encode()

    run = Run(clickhouse, database_name)
    line = run.feed(flood())
    print(f"\nflood: {count:,} models, grew {run.grown:.0f} MB")
    assert line.meter.events == count
    assert len(line.judges[0].judge.states) <= 201
    assert ("(other)", "") in line.judges[0].judge.states
    assert run.grown < GROWTH_MB


def test_time_that_leaps_through_the_decades_ends() -> None:
    """Files carry no broker's time: a log that claims every decade from 1970 to 2030 is judged in bounded work."""
    rows = [{"ts": 86400 * 365.25 * year + i * 60, "model": "m", "score": 0.5} for year in range(60) for i in range(30)]
    ran = run_line(Made().add(rows).feeds())
    assert ran.meter.events == len(rows)
    assert ran.meter.closes >= len(rows)
    assert ran.meter.readings < 60 * 600 * 10


def test_records_of_the_future_do_not_make_the_rest_late() -> None:
    rows = traffic(30, 20)
    rows.insert(50, {**rows[50], "ts": 4_102_444_800})
    records = [RawRecord(r.offset, r.value, int(MONDAY * 1e9) + 3_600_000_000_000) for r in Made().add(rows).records]
    ran = run_line([(SOURCE, records)])
    assert (ran.meter.future, ran.meter.late) == (1, 0)


def test_a_baseline_learnt_from_absurd_numbers_can_be_used() -> None:
    """Numbers at both ends of what a float holds, while learning and after it."""
    rows = traffic(90, 60, seed=8)
    for i, row in enumerate(rows):
        row["features"]["amount"] = (1.7e308, -1.7e308, 5e-324, 0.0, 1e-300)[i % 5] * (1 if i % 7 else 0.5)
        row["score"] = (1e308, -1e308, 0.5)[i % 3]
        row["latency_ms"] = (1e308, -5.0, 0.0, 5e-324)[i % 4]
    ran = run_line(Made().add(rows).feeds(1000), small_settings(baseline_minutes=30))
    assert ran.meter.baselines == 1
    assert len(ran.store.rows("events")) == len(rows)
    assert ran.store.rows("events")[-1]["baseline"]


features = st.dictionaries(
    st.sampled_from(["age", "amount", "channel", "new"]),
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    max_size=4,
)
records = st.fixed_dictionaries(
    {
        "ts": st.floats(MONDAY, MONDAY + 900) | st.floats() | st.integers(),
        "model": st.sampled_from(["card", "b", "\x00"]),
    },
    optional={
        "version": st.sampled_from(["1", 1, 1.5, None]),
        "principal": st.text(max_size=4) | st.integers(),
        "features": features | st.lists(st.floats(), max_size=4),
        "score": st.floats(),
        "scores": st.lists(st.floats() | st.none(), max_size=3),
        "prediction": st.text(max_size=3) | st.booleans() | st.floats(),
        "latency_ms": st.floats(),
        "tokens_in": st.floats(),
        "label": st.booleans() | st.text(max_size=3),
        "served_ts": st.floats() | st.text(max_size=12),
        "status": st.text(max_size=4) | st.integers(),
        "segment": st.dictionaries(st.text(max_size=3), st.floats() | st.text(max_size=3), max_size=3),
        "prompt": st.text(max_size=5),
    },
)
BASELINE = learn_from(traffic(60, 10, seed=3))


@given(st.lists(records.map(lambda row: json.dumps(row).encode()) | st.binary(max_size=40), min_size=1, max_size=60))
def test_anything_at_all_goes_through_the_whole_line(lines: list[bytes]) -> None:
    """With a baseline, so that scoring and flags see it too; a warning is an error here."""
    ran = run_line(Made().add(lines).feeds(17), baselines=[BASELINE])
    offsets = [row["offset"] for table in ("events", "rejects") for row in ran.store.rows(table)]
    assert sorted(offsets) == list(range(len(lines)))
