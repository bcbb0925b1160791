"""A whole log as raw material for baselines: however it is cut, whatever its order, bounded, and fair to every hour."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

from monitors.gather import BATCH, Gathering
from monitors.sound import faults
from schemas.events import RawRecord, Source
from schemas.formats import Limits
from schemas.formats.json_lines import decode
from schemas.settings import Settings
from streams.baselinefile import Gatherer
from tests.support.traffic import PLAIN_BOUNDS, SOURCE, learn_from, traffic


def gathered(
    records: list[tuple[int, bytes]],
    size: int = BATCH,
    rows: int = 2000,
    models: int = 100,
    wanted: Callable[[str, str], bool] = lambda model, version: True,
    source: Source = SOURCE,
) -> Gathering:
    made = Gathering(PLAIN_BOUNDS, rows, models, wanted)
    for at in range(0, len(records), size):
        raw = [RawRecord(offset, value, None) for offset, value in records[at : at + size]]
        made.add(decode(raw, source, Limits()))
    return made


def numbered(rows: list[dict[str, object]]) -> list[tuple[int, bytes]]:
    return list(enumerate(json.dumps(row).encode() for row in rows))


def test_a_log_of_one_hour_gives_what_the_judge_would_learn_from_all_of_it() -> None:
    rows = traffic(60, 25)
    made = gathered(numbered(rows), rows=100_000).learn("card", "1", 1)
    assert made == learn_from(rows)


def test_neither_cut_nor_order_matter() -> None:
    records = numbered(traffic(90, 40))
    whole = gathered(records).learn("card", "1", 1)
    shuffled = records[:]
    random.Random(3).shuffle(shuffled)
    assert gathered(records, size=37).learn("card", "1", 1) == whole
    assert gathered(shuffled).learn("card", "1", 1) == whole


def test_rows_stay_few_and_come_from_the_whole_log() -> None:
    made = gathered(numbered(traffic(240, 40)), rows=500)
    held = made.found["card", "1"]
    assert len(held.rows) <= 1000
    baseline = made.learn("card", "1", 1)
    assert baseline.rows == 500
    assert baseline.events == made.events
    assert baseline.minutes == 240


def test_rows_too_wide_to_be_sampled_together_come_in_halves(tmp_path: Path) -> None:
    path = tmp_path / "wide.jsonl"
    rows = [{"ts": 1_750_000_000, "model": "w", "features": {f"f{j}": i * j for j in range(500)}} for i in range(300)]
    path.write_text("\n".join(map(json.dumps, rows)))
    records = [RawRecord(i, json.dumps(row).encode(), None) for i, row in enumerate(rows)]
    made = Gathering(PLAIN_BOUNDS, 2000, 10, lambda model, version: True)
    assert not made.add(decode(records, SOURCE, Limits()))
    assert made.events == 0
    reader = Gatherer(Settings(), lambda model, version: True)
    reader.read(path, lambda: None)
    baseline = reader.gathering.learn("w", "", 1)
    assert (baseline.events, baseline.rows) == (300, 300)
    assert faults(baseline) == []


def test_only_what_is_wanted_is_kept_but_every_name_is_known() -> None:
    records = numbered(traffic(5, 60) + traffic(5, 60, model="cheque"))
    made = gathered(records, wanted=lambda model, version: model == "cheque")
    assert set(made.found) == {("cheque", "1")}
    assert made.names == {("cheque", "1"), ("card", "1")}


def test_models_beyond_the_limit_are_counted() -> None:
    records = numbered([{"ts": 1_750_000_000, "model": f"m{i}"} for i in range(300)])
    made = gathered(records, models=10)
    assert (len(made.found), len(made.names), made.beyond) == (10, 10, 290)


def test_nothing_is_no_batch_at_all() -> None:
    assert gathered([(0, b"{broken")]).events == 0
