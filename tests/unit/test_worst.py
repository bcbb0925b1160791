"""Which segment a change comes from: the parts add up, a large segment is not blamed for its size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from monitors.cells import cells
from monitors.parts import Part
from monitors.prepared import Prepared
from monitors.segments import Dimension, dimensions
from monitors.statistics import psi
from monitors.worst import said, worst
from schemas.baselines import Baseline
from schemas.summaries import Summary
from tests.support.traffic import learn_from, traffic

BRANCH = Dimension("channel", "object", ("web", "app", "branch"), (500, 300, 200, 0))


def with_channel(row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    row["segment"] = {"channel": row["features"]["channel"]}
    return row


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    baseline: Baseline = learn_from(traffic(60, 60, seed=9, change=with_channel))
    return Prepared(baseline)


def part(prepared: Prepared, n: int, reference: int = 0, **vectors: list[int]) -> Part:
    """A segment with `n` events distributed as usual, but for the vectors given."""
    age = prepared.baseline.numeric[0]
    like = np.array(age.counts) * n // sum(age.counts)

    def summary(events: int) -> Summary:
        usual = {"n": np.array([events]), "failed": np.array([0]), "num:age": np.array([*like, 0, 0, 0])}
        return Summary(usual, {}, {}, [])

    now = summary(n)
    others = {name.replace("_", ":", 1): np.array(row) for name, row in vectors.items()}
    now.vectors = {**now.vectors, **others}
    return Part(done=bool(reference), reference=summary(reference) if reference else None, now=now)


def moved(prepared: Prepared, n: int) -> list[int]:
    """All of age in its highest bin."""
    width = len(prepared.baseline.numeric[0].counts)
    return [*[0] * (width - 1), n, 0, 0, 0]


def test_the_segment_that_moved_is_named_with_the_bin_and_its_traffic(prepared: Prepared) -> None:
    parts = {
        "channel=web": part(prepared, 500),
        "channel=app": part(prepared, 300),
        "channel=branch": part(prepared, 200, num_age=moved(prepared, 200)),
    }
    told = worst("feature.psi", "age", 0.0, prepared, parts, (BRANCH,))
    assert told[0]["name"] == "channel=branch"
    assert told[0]["traffic"] == 0.2
    assert told[0]["share"] > 0.9
    assert told[0]["bin"].startswith("≥ ")
    assert said(told) == "most of it from channel=branch: 100 %"


def test_parts_add_up_to_the_change_of_the_whole(prepared: Prepared) -> None:
    """Two segments that move alike carry it as their traffic goes."""
    parts = {
        "channel=web": part(prepared, 600, num_age=moved(prepared, 600)),
        "channel=app": part(prepared, 400, num_age=moved(prepared, 400)),
    }
    two = Dimension("channel", "object", ("web", "app"), (600, 400, 0))
    told = worst("feature.psi", "age", 0.0, prepared, parts, (two,))
    assert {each["name"]: round(each["share"], 2) for each in told} == {"channel=web": 0.6, "channel=app": 0.4}
    assert said(told) == "", "what carries as much as it has of the traffic does not stand out"
    assert psi(prepared.baseline.numeric[0].counts, moved(prepared, 1000)[:-3])[0] > 1


def test_errors_are_laid_at_the_door_of_the_segment_that_makes_them(prepared: Prepared) -> None:
    parts = {
        "channel=web": part(prepared, 800, failed=[8]),
        "channel=app": part(prepared, 200, failed=[60]),
    }
    told = worst("errors.share", "", 0.01, prepared, parts, (BRANCH,))
    assert said(told) == "most of it from channel=app: 100 %"


def test_where_nothing_is_counted_by_segment_nothing_is_said(prepared: Prepared) -> None:
    alone = {"channel=web": part(prepared, 500)}
    assert worst("feature.psi", "age", 0.0, prepared, {}, (BRANCH,)) == []
    assert worst("feature.psi", "age", 0.0, prepared, alone, (BRANCH,)) == []
    assert worst("latency.p50", "", 1.0, prepared, alone, (BRANCH,)) == []
    assert worst("feature.psi", "channel", 0.0, prepared, alone, (BRANCH,)) == []
    assert said([]) == ""


def test_what_is_usual_for_a_segment_is_not_held_against_it(prepared: Prepared) -> None:
    """Branches always were in the highest bin; now the apps are there too."""
    high = moved(prepared, 200)
    branch = part(prepared, 200, reference=200, num_age=high)
    assert branch.reference is not None
    branch.reference.vectors = {**branch.reference.vectors, "num:age": np.array(high)}
    parts = {
        "channel=web": part(prepared, 500, reference=500),
        "channel=app": part(prepared, 300, reference=300, num_age=moved(prepared, 300)),
        "channel=branch": branch,
    }
    told = worst("feature.psi", "age", 0.0, prepared, parts, (BRANCH,))
    assert told[0]["name"] == "channel=app"
    assert sum(each["share"] for each in told if each["name"] == "channel=branch") < 0.2


def test_the_baseline_knows_how_much_of_the_traffic_a_segment_has(prepared: Prepared) -> None:
    (channel,) = dimensions(prepared, ("channel",), 2)
    assert channel.names == ("web", "app")
    assert prepared.baseline.rows - sum(channel.weights) <= 1  # a row that marks where the sample was cut
    assert channel.weights[0] > channel.weights[1] > 0


def test_the_cells_of_a_drift_name_feature_bin_and_segment_and_add_up(prepared: Prepared) -> None:
    parts = {
        "channel=web": part(prepared, 500),
        "channel=app": part(prepared, 300),
        "channel=branch": part(prepared, 200, num_age=moved(prepared, 200)),
    }
    first, *rest = cells(["age"], "channel", prepared, parts, (BRANCH,))
    assert (first["feature"], first["segment"]) == ("age", "channel=branch")
    assert first["name"] == f"age {first['value']}, channel=branch"
    assert first["share"] > 0.5
    assert all(cell["share"] <= first["share"] for cell in rest)
    assert sum(cell["share"] for cell in (first, *rest)) == pytest.approx(1.0, abs=0.2)
    assert cells(["age"], "region", prepared, parts, (BRANCH,)) == []
    assert cells(["channel"], "channel", prepared, parts, (BRANCH,)) == []
