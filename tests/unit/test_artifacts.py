"""The file a version was loaded from: kept with the first time it answered, however the log is cut."""

from __future__ import annotations

import pytest

from tests.support.traffic import MONDAY, Made, run_line

FILES = ["aa", "aa", None, "bb", "aa", "bb"]
ROWS = [{"ts": MONDAY + t, "model": "m", "version": "1", "artifact_hash": f} for t, f in enumerate(FILES)]


@pytest.mark.parametrize("size", [1, 2, 100])
def test_each_file_is_kept_with_the_time_it_answered_first(size: int) -> None:
    late = {**ROWS[3], "ts": MONDAY + 2}
    store = run_line(Made().add([*ROWS, late, {**ROWS[0], "artifact_hash": "zz", "version": "2"}]).feeds(size)).store
    kept = {(r["version"], r["artifact"]): r["first_ns"] / 1e9 - MONDAY for r in store.rows("assets")}
    assert kept == {("1", "aa"): 0, ("1", "bb"): 2, ("2", "zz"): 0}


def test_a_log_that_names_no_file_costs_no_row() -> None:
    assert run_line(Made().add([ROWS[2]]).feeds()).store.rows("assets") == []
