"""Profiles in the middle of an attack: a restarted judge accuses as the one that never stopped, and Monday forgets."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from monitors.judge import Judge
from monitors.observe import Bounds, observe
from monitors.week import WEEK_NS
from monitors.written import written_of
from schemas.events import MINUTE_NS
from schemas.formats import Limits, load
from schemas.summaries import Summary, SummaryKey
from tests.support.queries import asks, prepared
from tests.support.traffic import MONDAY, RULES, SOURCE, Made, rich, small_settings, traffic

START_NS = round(MONDAY) * 10**9
MINUTES = 30
Closes = dict[int, dict[SummaryKey, Summary]]


def closes() -> Closes:
    """Half an hour of ordinary traffic; somebody searches around one case for the first fifteen minutes."""
    rows = sorted([*traffic(MINUTES, 40, seed=1, change=rich), *asks(300, "search")], key=lambda row: float(row["ts"]))
    batch = load("json_lines")(Made().add(rows).records, SOURCE, Limits())
    bounds = Bounds(256, 64, 60 * 10**9, queries=(128, 32))
    seen = observe(batch, np.zeros(len(batch), dtype=np.int64), 1, 0, lambda m, v, b: prepared(), bounds)
    found: Closes = {START_NS + i * MINUTE_NS: {} for i in range(MINUTES)}
    for key, summary in seen.on_time[0].items():
        found[key.minute_ns][key] = summary
    return found


def fresh() -> Judge:
    judge = Judge(small_settings(), RULES)
    judge.know(prepared())
    return judge


def told(judge: Judge, some: Closes) -> list[Any]:
    said = []
    for minute, summaries in some.items():
        outcome = judge.close(minute, summaries)
        readings = [(r.series, r.at_ns, r.n, r.value, r.p, r.effect) for r in outcome.readings]
        said.append((readings, outcome.signals, outcome.alerts))
    return said


@pytest.mark.parametrize("written", [5, 10, 15])
def test_a_judge_rebuilt_in_the_middle_of_an_attack_accuses_the_same(written: int) -> None:
    every = list(closes().items())
    going = fresh()
    told(going, dict(every[:written]))
    profiles = going.turn(START_NS + written * MINUTE_NS)
    assert '"eve"' in msgspec.json.encode(written_of(profiles[0].state).accuser).decode()
    rebuilt = fresh()
    rebuilt.load([profile.state for profile in profiles], START_NS + (written - 1) * MINUTE_NS)
    later = dict(every[written:])
    said = told(going, later)
    assert any(signal.series.principal == "eve" for _, signals, _ in said for signal in signals) == (written < 15)
    assert told(rebuilt, later) == said
    assert rebuilt.turn(0) == going.turn(0)


def test_a_new_week_forgets_what_is_of_one_week_only() -> None:
    judge = fresh()
    told(judge, closes())
    kept, forgotten = (written_of(judge.turn(START_NS + WEEK_NS, new_week)[0].state) for new_week in (False, True))
    assert kept.accuser.watch.tracks
    assert kept.tests
    assert (forgotten.accuser.watch.tracks, forgotten.accuser.heard, forgotten.tests) == ({}, {}, 0)
    assert forgotten.standings == kept.standings


def test_marks_of_another_form_are_not_taken_over() -> None:
    judge = fresh()
    told(judge, closes())
    written = written_of(judge.turn(START_NS)[0].state)
    written.accuser.watch.form = "another"
    again = fresh()
    again.load([msgspec.json.encode(written)], START_NS - MINUTE_NS)
    assert next(iter(again.states.values())).accuser.watch.tracks == {}
