"""What families count equals what a slow loop over plain rows counts, and no input makes them say what cannot be."""

from __future__ import annotations

import math
import struct
from bisect import bisect_right
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.pane import Pane
from monitors.prepared import Prepared
from monitors.readings import FAMILIES, distances, embeddings, metrics, pairs
from monitors.statistics import share_p
from monitors.truth import Truth, count_labels
from schemas.readings import Reading
from schemas.summaries import Summary
from tests.support.traffic import Made, learn_from, merge, observed, rich, traffic

Row = dict[str, Any]


@cache
def prepared() -> Prepared:
    return Prepared(learn_from(traffic(60, 34, seed=99, change=rich)))


def spoiled(row: Row, rng: np.random.Generator) -> Row:
    """Now and then what logs really hold: nulls, texts for numbers, numbers beyond all, lists that are no classes."""
    made = rich(row, rng) or row
    edits: list[Row] = [
        {"features": {**made["features"], "amount": None}},
        {"features": {**made["features"], "age": "forty", "region": 3.0}},
        {"features": {"age": 1e308, "amount": -1e308}},
        {"features": None, "scores": None, "score": 7.0},
        {"scores": [0.5, 0.2], "score": None, "tokens_in": -3.0},
        {"scores": [3.0, -1.0, 2.0], "tokens_out": None, "label": "maybe"},
        {"scores": [None, 1.0, 0.0], "tokens_in": 1e300, "label": None, "prediction": None},
    ]
    return made | edits[int(rng.integers(len(edits)))] if rng.random() < 0.2 else made


@cache
def rows() -> tuple[Row, ...]:
    return tuple(traffic(3, 200, seed=4, change=spoiled))


@cache
def counted() -> Summary:
    return merge(observed(Made().add(rows()).records, prepared=prepared()).values())


def number(row: Row, name: str) -> float | None:
    value = (row["features"] or {}).get(name)
    return value if isinstance(value, float) else None


def test_features_are_counted_by_bin() -> None:
    for feature in prepared().baseline.numeric:
        values = [number(row, feature.name) for row in rows()]
        slow = [0] * (len(feature.counts) + 3)
        for value in values:
            slow[len(feature.counts) if value is None else bisect_right(feature.edges, value)] += 1
        slow[-2] = sum(value is not None and value < feature.low for value in values)
        slow[-1] = sum(value is not None and value > feature.high for value in values)
        assert counted().vectors[f"num:{feature.name}"].tolist() == slow


def test_equal_values_meet_in_a_bucket() -> None:
    def bucket(value: float) -> int:
        with np.errstate(over="ignore"):
            (bits,) = struct.unpack("<I", np.float32(value + 0.0).tobytes())
        return int((bits * 0x9E3779B1 & 0xFFFFFFFF) >> 29)

    slow: list[int] = []
    for name in ("age", "amount", "limit"):
        seen = Counter(bucket(value) for row in rows() if (value := number(row, name)) is not None)
        slow += [seen[i] for i in range(8)]
    assert [f.name for f in prepared().baseline.numeric if f.name[0] != "e"] == ["age", "amount", "limit"]
    assert counted().vectors["repeats"].tolist() == slow


def test_pairs_add_up_the_ranks_of_rows_that_have_both() -> None:
    made, baseline = pairs.prepare(prepared().baseline), prepared().baseline
    assert made is not None
    ranks_of, slow = pairs.ranks_of(baseline), []
    for a, b in zip(made.left.tolist(), made.right.tolist(), strict=True):
        sums = [0] * 11
        for row in rows():
            found = [number(row, baseline.numeric[j].name) for j in (a, b)]
            if None in found:
                continue
            ranks = zip((a, b), found, strict=True)
            x, y = (int(ranks_of[j, bisect_right(baseline.numeric[j].edges, v or 0.0)]) for j, v in ranks)
            fourths = (x * x * y * y, x**3 * y, x * y**3, x**4, y**4)
            more = (1, x, y, x * x, y * y, x * y, *(math.floor(each / 1e6 + 0.5) for each in fourths))
            sums = [s + each for s, each in zip(sums, more, strict=True)]
        slow += sums
    assert counted().vectors["pairs"].tolist() == slow
    assert {baseline.numeric[j].name for j in (made.left[0], made.right[0])} == {"amount", "limit"}


def test_embeddings_add_up_projections() -> None:
    into, baseline = embeddings.space(prepared().baseline), prepared().baseline
    assert into is not None
    slow = [0] * 19
    for row in rows():
        found = [v for j in into.columns.tolist() if (v := number(row, baseline.numeric[j].name)) is not None]
        if len(found) < len(into.columns):
            continue
        places = zip(found, into.centre.tolist(), into.scale.tolist(), strict=True)
        steps = [max(-1024, min(1024, round((v - centre) * scale))) for v, centre, scale in places]
        length = math.sqrt(sum(s * s for s in steps) / len(steps))
        shorter = [round(s * min(1.0, into.usual / length)) for s in steps]
        along = [sum(s * int(sign) for s, sign in zip(shorter, into.signs[:, k], strict=True)) for k in range(16)]
        lengths = round(min(length, 2 * into.usual) * 16), round(length * 16)
        slow = [s + more for s, more in zip(slow, (1, *along, *lengths), strict=True)]
    assert counted().vectors["cloud"].tolist() == slow


def classes(row: Row) -> list[float] | None:
    """The list of a row where it can be probabilities."""
    given_ = row.get("scores")
    if not given_ or any(p is None or not 0 <= p <= 1 for p in given_):
        return None
    return given_ if abs(sum(given_) - 1) <= 0.02 and len(given_) > 1 else None


def test_confidence_and_entropy() -> None:
    sure, mixed = [0] * 21, [0] * 21
    for row in rows():
        p, score = classes(row), row["score"]
        top = max(p) if p else max(score, 1 - score) if not row.get("scores") and 0 <= (score or -1) <= 1 else None
        spread = -sum(x * math.log(x) for x in p if x) / math.log(len(p)) if p and len(p) > 2 else None
        for into, value in ((sure, top), (mixed, spread)):
            if value is not None:
                into[min(int(value * 20), 19)] += 1
                into[20] += round(value * 1e6)
    assert counted().vectors["confidence"].tolist() == sure
    assert counted().vectors["entropy"].tolist() == mixed


def test_tokens() -> None:
    slow = [0, 0, 0, 0]
    for row in rows():
        for at, name in ((0, "tokens_in"), (2, "tokens_out")):
            value = row.get(name)
            if value is not None and value >= 0:
                slow[at], slow[at + 1] = slow[at] + 1, slow[at + 1] + round(min(value, 1e9))
    assert counted().vectors["tokens_sum"].tolist() == slow


def test_strange_features() -> None:
    strange = [row for row in rows() if (row["features"] or {}).get("region") is not None]
    assert counted().vectors["schema"].tolist() == [len(strange)]
    named = {name.partition("schema:")[2] for name in counted().vectors if "schema:" in name}
    assert named == {"+region", "tage"}


answers = st.sampled_from(["0", "1", "true", "no", "", "cat"])
labelled = st.tuples(answers.filter(bool), answers, st.floats(-0.5, 1.5) | st.just(math.nan), st.integers(0, 10**16))


@given(st.lists(labelled, min_size=1, max_size=30))
def test_labels_are_counted_like_one_at_a_time(many: list[tuple[str, str, float, int]]) -> None:
    def table(some: list[tuple[str, str, float, int]]) -> dict[str, Any]:
        texts, said, scores, ages = zip(*some, strict=True)
        zero = np.zeros(len(some), dtype=np.int64)
        return count_labels(texts, said, np.array(scores), np.array(ages, dtype=np.int64), zero, 1)

    whole, parts = table(many), [table([one]) for one in many]
    for name, counts in whole.items():
        np.testing.assert_array_equal(counts, sum(part[name] for part in parts))
        assert (counts >= 0).all()
    for part, of in (("agree", "judged"), ("missed", "positive"), ("false", "claimed"), ("judged", "age")):
        assert (whole[f"label_{part}"] <= whole[f"label_{of}"]).all()


def readings(some: list[Row], baseline: Prepared | None) -> list[Reading]:
    total = merge(observed(Made().add(some).records, prepared=baseline).values())
    pane = Pane("card", "1", 300 * 10**9, 5, total, total if baseline else None, baseline)
    pane.truth = Truth(served=total.n)
    return [reading for family in FAMILIES for reading in family.read(pane)]


def emptied(row: Row, rng: np.random.Generator) -> Row:
    return {key: row[key] for key in ("ts", "model", "version")}


def constant(row: Row, rng: np.random.Generator) -> Row:
    made = rich(row, np.random.default_rng(0)) or row
    return made | {"features": made["features"] | {"age": 40.0, "amount": 9.0, "limit": 9.0, "channel": "web"}}


@pytest.mark.parametrize("known", [False, True], ids=["no baseline", "baseline"])
@pytest.mark.parametrize("kind", ["one row", "nothing given", "constant", "spoiled"])
def test_no_input_makes_a_reading_that_cannot_be(kind: str, known: bool) -> None:
    change = {"nothing given": emptied, "constant": constant, "spoiled": spoiled}.get(kind, rich)
    made = traffic(2, 150, seed=8, change=change)
    found = readings(made[:1] if kind == "one row" else made, prepared() if known else None)
    assert found
    assert len({reading.series for reading in found}) == len(found)
    for reading in found:
        says = reading.series
        assert says.metric in metrics(), says
        assert reading.n > 0 or reading.value is None, f"{says} without a number of events"
        assert reading.value is None or math.isfinite(reading.value), says
        assert reading.effect is None or math.isfinite(reading.effect), says
        assert reading.p is None or (metrics()[says.metric] and 0 < reading.p <= 1), says
        assert isinstance(reading.evidence(), dict)


def test_what_expects_0_and_is_more_though_nothing_changed_is_called_a_distance() -> None:
    found = [r for seed in range(4) for r in readings(traffic(2, 150, seed=100 + seed, change=rich), prepared())]
    away = {r.series.metric for r in found if r.expected == 0.0 and r.value}
    assert "feature.wasserstein" in away
    assert away <= distances()
    assert distances() <= set(metrics())


def test_a_baseline_of_constants_can_be_read() -> None:
    flat = Prepared(learn_from(traffic(60, 5, seed=1, change=constant)))
    for change in (constant, rich):
        assert readings(traffic(2, 150, seed=2, change=change), flat)


def test_values_beyond_either_end_of_the_baseline_are_as_rare_as_they_say() -> None:
    """Two ends, not one: of small baselines, drawn often, p is 0.05 or less for no more than one pane in twenty."""
    rng, small = np.random.default_rng(5), 0
    for _ in range(2000):
        before, now = rng.random(200), rng.random(300)
        beyond = int(((now < before.min()) | (now > before.max())).sum())
        small += share_p(beyond, 300, 1, 200) <= 0.05
    assert small <= 0.05 * 2000 + 3 * (0.05 * 0.95 * 2000) ** 0.5


def test_who_asks_about_one_metric_is_told_the_same_of_it() -> None:
    def told(reading: Reading) -> tuple[Any, ...]:
        return (reading.series, reading.n, reading.value, reading.p, reading.effect, reading.evidence())

    def read(asked: frozenset[str] | None) -> list[Reading]:
        pane = Pane("card", "1", 5 * 60 * 10**9, 5, counted(), counted(), prepared(), asked=asked)
        return [reading for family in FAMILIES for reading in family.read(pane)]

    everything = read(None)
    for metric in {reading.series.metric for reading in everything}:
        mine = [reading for reading in read(frozenset({metric})) if reading.series.metric == metric]
        assert [told(each) for each in mine] == [told(each) for each in everything if each.series.metric == metric]
    assert len(read(frozenset({"feature.psi"}))) < len(everything) / 2
