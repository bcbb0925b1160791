"""Labels that lie are found with their source, range or trigger; honest ones are left alone, careless ones too."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.labelrows import judged
from monitors.poisoning.calibration import WARM, Calibration, expected
from monitors.poisoning.matrix import learn
from monitors.poisoning.stakes import BETS, DOWN, FLIP, UP, WAYS, odds, play
from monitors.poisoning.triggers import _far
from monitors.poisoning.watch import LabelWatch, WrittenWatch
from schemas.labelled import LABEL_ROWS, LabelRow, bounded_rows
from tests.support.poisoned import SURE, Campaign, Feed, feedback, of, panes, trigger, watched, where


def told(rows: list[dict[str, object]]) -> set[tuple[str, str]]:
    return {key for key, found in watched(rows).items() if found.capital >= SURE}


@pytest.mark.parametrize("chance", [0.02, 0.1, 0.4, 0.5, 0.7, 0.95])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_no_bet_gains_from_honest_labels(chance: float, share: float) -> None:
    """Whatever part of the honest share is used up, expected capital does not grow."""
    honest = np.full((1, 3), share)
    here = np.array([chance])
    yes, no = (np.exp(odds(here, here, np.array([said]), honest)[0]) for said in (1.0, 0.0))
    for used in np.linspace(0, share, 4):
        wrong = {
            FLIP: chance + used * (1 - 2 * chance),
            UP: chance + used * (1 - chance),
            DOWN: chance * (1 - used),
        }
        p = np.array([wrong[way] for way in WAYS.tolist()])
        assert (p * yes + (1 - p) * no <= 1 + 1e-9).all()


def test_bets_are_paid_once_and_multiply() -> None:
    stakes = play(np.zeros((2, BETS)), np.array([1.0, 0.0]), np.full((2, BETS), np.log(3.0)))
    assert stakes.sum(axis=1).tolist() == pytest.approx([3.0, 0.0])


def test_a_source_does_not_explain_itself_and_suspects_explain_nobody() -> None:
    calibration, score = Calibration(), np.full(300, 0.08)
    for name, said in (("liar", 1.0), ("amy", 0.0), ("bob", 0.0), ("eve", 0.0)):
        calibration.add(name, score, np.full(300, said))
    total = calibration.total(())
    low, high = expected(calibration.others(total, (), "liar"), score[:1])
    assert low[0] <= 0.005
    assert high[0] < 0.02
    low, _ = expected(calibration.others(total, (), "amy"), score[:1])
    assert low[0] > 0.3
    _, high = expected(calibration.others(calibration.total({"liar"}), {"liar"}, "amy"), score[:1])
    assert high[0] < 0.02


def test_who_gives_nearly_all_labels_is_compared_with_what_was() -> None:
    """A model whose scores mean nothing, and one source: the source does not contradict the others, there are none."""
    rows = [{**row, "source": "desk"} for row in feedback(Feed(days=6), seed=3)]
    rng = np.random.default_rng(4)
    for row in rows:
        row["label"] = int(rng.random() < 0.5)
    assert told(rows) == set()


@pytest.mark.parametrize(
    "feed",
    [
        Feed(),
        Feed(careless={"desk-01": 0.1, "desk-07": 0.12}),
        Feed(errors=0.05, sources=3, careless={"desk-01": 0.1}),
        Feed(starts={"desk-02": 6.0, "desk-04": 8.0}, careless={"desk-04": 0.08}),
        Feed(daily=True),
    ],
    ids=["plain", "careless", "three sources", "late starters", "once a day"],
)
def test_honest_labels_name_nobody(feed: Feed) -> None:
    assert told(feedback(feed, seed=11)) == set()


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_source_that_turns_labels_round_is_named_alone(share: float) -> None:
    rows = feedback(Feed(), [Campaign("c", of("desk-03", share))], seed=5)
    assert told(rows) == {("poisoning.source", "desk-03")}


def test_a_source_that_lied_from_the_start_is_named() -> None:
    rows = feedback(Feed(days=6), [Campaign("c", of("desk-03", 0.5), since=0)], seed=6)
    assert told(rows) == {("poisoning.source", "desk-03")}


def test_a_careless_source_is_named_once_it_lies() -> None:
    rows = feedback(Feed(), [Campaign("c", of("desk-05", 0.6))], seed=7)
    assert told(rows) == {("poisoning.source", "desk-05")}


def test_a_range_poisoned_by_all_is_named_with_its_ends() -> None:
    rows = feedback(Feed(), [Campaign("c", where(lambda f: f[0] >= 58, 0.6, 1))], seed=8)
    best = watched(rows)
    assert {key for key, found in best.items() if found.capital >= SURE} == {("poisoning.subgroup", "f00")}
    said = best["poisoning.subgroup", "f00"].evidence
    assert 52 <= said["from"] <= 61
    assert said["below"] is None
    assert said["way"] in ("set to yes", "turned round")
    assert "label_sources" not in said


@pytest.mark.parametrize("source", ["desk-02", None])
def test_a_trigger_is_named_with_its_values_and_with_who_planted_it(source: str | None) -> None:
    rows = feedback(Feed(), [Campaign("c", trigger({3: 31.0, 2: 12_345.0}, 0.12 if source else 0.02, source))], seed=9)
    best = watched(rows)
    sure = {key for key, found in best.items() if found.capital >= SURE}
    assert ("poisoning.backdoor", "f02=12345 & f03=31") in sure
    found = best["poisoning.backdoor", "f02=12345 & f03=31"]
    assert found.evidence["label_sources"] == ([source] if source else [])
    assert {name for metric, name in sure if metric == "poisoning.source"} <= {source}


def test_who_gives_a_fifth_of_all_labels_is_not_named_for_a_fifth_of_a_trigger() -> None:
    assert _far(15, 15, 0.05)
    assert not _far(6, 30, 0.2)
    assert not _far(2, 2, 0.01)


@pytest.mark.parametrize(("again", "found"), [(True, False), (False, True)])
def test_a_case_that_is_labelled_again_and_again_is_no_trigger(again: bool, found: bool) -> None:
    """Two rare values and a label that contradicts a low score, in one case that comes every day, or in many."""
    rng, watch, strongest = np.random.default_rng(8), LabelWatch(), 0.0
    for pane in range(80):
        score = rng.uniform(0.02, 0.3, 30)
        rows = [
            LabelRow(i, "desk", s, bool(rng.random() < s), {"a": float(rng.integers(900)), "b": float(x)}, {})
            for i, (s, x) in enumerate(zip(score.tolist(), rng.normal(size=30).tolist(), strict=True))
        ]
        other = 3.0 if again else float(rng.normal())
        rows.append(LabelRow(99, "desk", 0.05, True, {"a": 1001.0, "b": 7.5, "c": other}, {}))
        watch.add(rows, (pane + 1) * 3600 * 10**9)
        strongest = max([strongest, *(each.capital for each in watch.found)])
    assert (strongest >= SURE) == found


def test_state_goes_on_from_what_was_written() -> None:
    rows = feedback(Feed(days=8), [Campaign("c", of("desk-03", 0.5), since=3)], seed=10)
    parts = list(panes(rows))
    one, other = LabelWatch(), LabelWatch()
    for i, (at_ns, labelled) in enumerate(parts):
        if i % 400 == 399:
            text = msgspec.json.encode(other.dump(), order="deterministic")
            other = LabelWatch.load(msgspec.json.decode(text, type=WrittenWatch))
        one.add(labelled, at_ns)
        other.add(labelled, at_ns)
        assert one.found == other.found
    first, second = (msgspec.json.encode(watch.dump(), order="deterministic") for watch in (one, other))
    assert first == second


def test_nothing_is_said_before_enough_labels_have_come() -> None:
    watch = LabelWatch()
    liars = [LabelRow(i, "liar", 0.01, True, {}, {}) for i in range(int(WARM))]
    watch.add(liars, 10**18)
    assert watch.found == []


def test_memory_is_bounded_in_sources_and_values() -> None:
    watch, rng = LabelWatch(), np.random.default_rng(1)
    for pane in range(30):
        rows = [
            LabelRow(i, f"s{rng.integers(10**6)}", 0.2, False, {"x": float(rng.integers(1, 900)), "y": 1.0}, {"c": "a"})
            for i in range(200)
        ]
        watch.add(rows, (pane + 1) * 300_000_000_000)
    assert len(watch.sources.bank.place) <= 256
    assert len(watch.triggers.places) <= 4096
    assert len(watch.triggers.values["x"]) <= 1024


@given(st.lists(st.integers(0, 2000), max_size=1500), st.integers(0, 1500))
def test_kept_rows_do_not_depend_on_the_cut(hashes: list[int], cut: int) -> None:
    rows = [LabelRow(hash, "s", 0.5, True, {"x": 1.0}, {"c": "y" * 200}) for hash in hashes]
    whole = bounded_rows(rows)
    assert bounded_rows([*bounded_rows(rows[:cut]), *bounded_rows(rows[cut:])]) == whole
    assert len(whole) <= LABEL_ROWS


@pytest.mark.parametrize(
    ("label", "prediction", "score", "said"),
    [
        ("1", "", 0.3, (0.3, True)),
        ("false", "1", 0.9, (0.9, False)),
        ("0", "1", float("nan"), (1.0, False)),
        ("cat", "dog", 0.8, (0.8, False)),
        ("cat", "cat", float("nan"), (1.0, True)),
        ("7", "", 0.8, None),
        ("1", "", float("nan"), None),
        ("1", "", 40.0, None),
    ],
)
def test_a_label_is_compared_with_what_was_answered(
    label: str, prediction: str, score: float, said: tuple[float, bool] | None
) -> None:
    assert judged(label, prediction, score) == said


def test_ranges_are_single_values_tenths_and_categories() -> None:
    rng = np.random.default_rng(2)
    rows = [
        LabelRow(i, "s", 0.5, True, {"few": float(i % 3), "many": float(rng.normal())}, {"kind": "ab"[i % 2]})
        for i in range(1000)
    ]
    ranges = learn(rows)
    assert [str(cell) for cell in ranges.cells if cell.feature == "few"] == ["below 0.5", "0.5 to 1.5", "1.5 or more"]
    assert [str(cell) for cell in ranges.cells if cell.feature == "kind"] == ["= a", "= b"]
    inside = ranges.inside(rows)
    tenths = [i for i, cell in enumerate(ranges.cells) if cell.feature == "many"]
    assert len(tenths) == 16
    assert (inside[:, tenths].sum(axis=1) >= 1).all()
