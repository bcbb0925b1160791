"""The file a version was loaded from: kept with the first time it answered, however the log is cut."""

from __future__ import annotations

import json

import pytest

from schemas.events import RawRecord, Source
from schemas.formats import Limits
from schemas.formats.json_lines import decode
from schemas.sections import Line
from schemas.tables import ASSETS
from streams.artifacts import Artifacts
from streams.sinks.clickhouse import ClickHouseStore
from tests.support.traffic import MONDAY, Made, run_line, small_settings

FILES = ["aa", "aa", None, "bb", "aa", "bb"]
ROWS = [{"ts": MONDAY + t, "model": "m", "version": "1", "artifact_hash": f} for t, f in enumerate(FILES)]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_each_file_is_kept_with_the_time_it_answered_first(size: int) -> None:
    late = {**ROWS[3], "ts": MONDAY + 2}
    store = run_line(Made().add([*ROWS, late, {**ROWS[0], "artifact_hash": "zz", "version": "2"}]).feeds(size)).store
    kept = {(r["version"], r["artifact"]): r["first_ns"] / 1e9 - MONDAY for r in store.rows("assets")}
    assert kept == {("1", "aa"): 0, ("1", "bb"): 2, ("2", "zz"): 0}


def test_another_file_in_every_record_fills_no_table_and_says_that_there_were_more() -> None:
    rows = [
        {"ts": MONDAY + t, "model": f"m{t % 2}", "version": str(t % 7), "artifact_hash": f"h{t}"} for t in range(400)
    ]
    settings = small_settings().replace("line", max_artifacts=5)
    kept = run_line(Made().add(rows).feeds(50), settings).store.rows("assets")
    assert len(kept) == 2 * 5 + 2
    assert {(row["model"], row["version"]) for row in kept if row["artifact"] == "(other)"} == {
        ("m0", "(other)"), ("m1", "(other)"),
    }  # fmt: skip
    few = run_line(Made().add(rows).feeds(50), settings.replace("line", max_models=1)).store.rows("assets")
    assert len(few) == 5 + 1 + 1


async def test_a_process_that_begins_again_knows_what_was_kept(store: ClickHouseStore) -> None:
    """Else every restart would add as many again."""
    line = Line(max_artifacts=3)
    for start in (0, 100):
        rows = [{"ts": MONDAY + i, "model": "m", "artifact_hash": f"h{start + i}"} for i in range(50)]
        raw = [RawRecord(i, json.dumps(row).encode(), None) for i, row in enumerate(rows)]
        found = await Artifacts(store, line).rows(decode(raw, Source("l", "t", 0), Limits()))
        if found is not None:
            await store.insert(ASSETS.name, found)
    kept = await store.query("SELECT artifact FROM assets_now")
    assert {each["artifact"] for each in kept} == {"h0", "h1", "h2", "(other)"}


def test_a_log_that_names_no_file_costs_no_row() -> None:
    assert run_line(Made().add([ROWS[2]]).feeds()).store.rows("assets") == []
