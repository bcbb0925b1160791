"""One week of one model, judged: what changed, how right the model was, which parts of the traffic differ.

Pure: it works on what was gathered. The verdict is a word and the two sentences that a model owner reads first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboards.console.words import count
from dashboards.reports import document
from dashboards.reports.evidently_run import Told, told
from dashboards.reports.gather import Asked
from dashboards.reports.say import change_name, points, points_signed, why
from monitors.weekly.changes import DECISION, ENOUGH, SCORE, Change, changes
from monitors.weekly.outcomes import Estimate, Measured, estimated, measured
from monitors.weekly.segments import Segment, disparities
from schemas.actions import EXPECTED, FALSE_ALARM
from schemas.alerts import SUSPECTED

WORSE = 0.05  # a fall of accuracy that the shipped rule takes for one


@dataclass(frozen=True, slots=True)
class Schema:
    """Features of the week that the baseline does not know, those it knows that never came, those of another kind."""

    new: tuple[str, ...]
    gone: tuple[str, ...]
    retyped: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.retyped)


@dataclass(frozen=True, slots=True)
class Judged:
    """What the sections are made of."""

    asked: Asked
    schema: Schema
    changes: tuple[Change, ...]
    named: tuple[Change, ...]
    estimate: Estimate | None
    measured: Measured | None
    disparities: tuple[Segment, ...]
    told: Told | None

    @property
    def decision(self) -> Change | None:
        """The decision that moved most."""
        return max((c for c in self.changes if c.kind == DECISION), key=lambda c: abs(c.effect.value), default=None)

    @property
    def features(self) -> int:
        return len({c.feature for c in self.changes if c.kind not in (SCORE, DECISION)})

    @property
    def moved(self) -> list[str]:
        """Names of the features that changed, the furthest first."""
        return list(dict.fromkeys(c.feature for c in self.named if c.kind not in (SCORE, DECISION)))

    @property
    def pressing(self) -> list[Mapping[str, Any]]:
        """Tickets and pages of the week that nobody called false or expected."""
        settled = (FALSE_ALARM, EXPECTED)
        return [a for a in self.asked.alerts if a["level"] != SUSPECTED and a["verdict"] not in settled]

    @property
    def worse(self) -> bool:
        """Whether accuracy by labels fell, for certain and by enough to matter."""
        change = self.measured.change if self.measured else None
        return change is not None and change.high < 0 and change.value <= -WORSE


def judge(asked: Asked) -> Judged:
    """Judge what was gathered; takes seconds, most of them Evidently's."""
    reference, week = asked.reference, asked.sample
    if reference is None or not len(week):
        return Judged(asked, Schema((), (), ()), (), (), None, measured(None, week), (), None)
    found = tuple(changes(reference, week))
    alpha = asked.settings.reports.false_share
    named = tuple(c for c in found if c.named(alpha)) if len(week) >= ENOUGH else ()
    keys = asked.settings.model(asked.model).segments
    decision = next((c.feature for c in found if c.kind == DECISION), "")
    apart = disparities(reference.rows, week, keys, decision) if decision else []
    return Judged(
        asked,
        _schema(asked) if len(week) >= ENOUGH else Schema((), (), ()),
        found,
        named,
        estimated(reference.rows, week),
        measured(reference.rows, week),
        tuple(apart),
        told(reference, week),
    )


def _schema(asked: Asked) -> Schema:
    assert asked.reference is not None
    numbers = {f.name for f in asked.reference.baseline.numeric}
    words = {f.name for f in asked.reference.baseline.categorical}
    num = {name for name, values in asked.sample.num.items() if not np.isnan(values).all()}
    cat = {name for name, values in asked.sample.cat.items() if (values != "").any()}
    retyped = (numbers & cat - num) | (words & num - cat)
    new, gone = (num | cat) - numbers - words, (numbers | words) - num - cat
    return Schema(tuple(sorted(new)), tuple(sorted(gone)), tuple(sorted(retyped)))


def verdict(judged: Judged) -> tuple[str, tuple[str, str]]:
    """A word, and two sentences: what happened, and what to do."""
    asked = judged.asked
    if not asked.events:
        before = next((row["events"] for row in reversed(asked.weeks) if row["week_ns"] < asked.week.from_ns), 0)
        usual = f"; the last week before in which it did had {count(before)} answers" if before else ""
        return document.NO_TRAFFIC, (
            f"{asked.model} answered nothing in this week{usual}.",
            "If it should have answered, look at whether its log still arrives.",
        )
    if asked.events < ENOUGH:
        return document.NOT_ENOUGH, (
            f"{count(asked.events)} answers are too few to say whether anything changed; {ENOUGH} are needed.",
            "That is no all-clear.",
        )
    if asked.reference is None:
        return document.NOT_ENOUGH, (
            f"{count(asked.events)} answers came, but there is no baseline to compare them with.",
            "Give one with `mirqab baseline set`, or wait until one is learnt; this is no all-clear.",
        )
    first = "; ".join(_happened(judged)) + "."
    reasons = list(_reasons(judged))
    if not reasons:
        return document.NOTHING_TO_DO, (first, "Nothing to do.")
    return document.LOOK, (first, f"Look at {reasons[0]}.")


def _unscored(asked: Asked) -> list[str]:
    """Versions that had no baseline of their own all week, the busiest first, each with its answers."""
    left = [row for row in asked.versions if not row["scored"]]
    return [f"version {row['version'] or '(none given)'} ({count(row['events'])} answers)" for row in left]


def _happened(judged: Judged) -> Iterator[str]:
    moved = judged.moved
    names = f" ({', '.join(moved[:4])}{', …' if len(moved) > 4 else ''})" if moved else ""
    if moved:
        yield f"{len(moved)} of {judged.features} features moved enough to matter{names}"
    else:
        yield f"None of {judged.features} features moved enough to matter"
    if judged.schema:
        parts = ((judged.schema.new, "new"), (judged.schema.gone, "gone"), (judged.schema.retyped, "of another kind"))
        yield "of the inputs " + ", ".join(f"{len(names)} are {word}" for names, word in parts if names)
    if judged.decision:
        yield f"decisions moved by {points(abs(judged.decision.effect.value))} points"
    if judged.measured and judged.measured.change:
        change = judged.measured.change
        yield f"accuracy by labels {points_signed(change.value)} ± {points((change.high - change.low) / 2)} points"
    elif judged.estimate:
        change = judged.estimate.change
        yield f"estimated accuracy {points_signed(change.value)} ± {points((change.high - change.low) / 2)} points"

    if unscored := _unscored(judged.asked):
        more = f" and {len(unscored) - 2} more versions" if len(unscored) > 2 else ""
        yield f"not enough data of {', '.join(unscored[:2])}{more}: no baseline, so none was scored"


def _reasons(judged: Judged) -> Iterator[str]:
    """What to look at, each with why; the most pressing first."""
    schema = judged.schema
    if schema.gone or schema.retyped:
        lost = ", ".join((schema.gone + schema.retyped)[:3])
        yield f"{lost} first, because it no longer comes as the baseline knows it"
    if judged.worse and judged.measured and judged.measured.change:
        yield f"the model's errors, because accuracy by labels fell by {points(-judged.measured.change.value)} points"
    for change in judged.named:
        yield f"{change_name(change)}, because {why(change)}"
    if judged.pressing:
        alert = judged.pressing[0]
        more = f" (and {len(judged.pressing) - 1} more)" if len(judged.pressing) > 1 else ""
        said = f"was judged a real {alert['verdict']}" if alert["verdict"] else "nobody has judged"
        yield f"the {alert['level']} that {said}{more}, because it says: {alert['summary'].rstrip('.')}"
    if schema.new:
        yield f"{', '.join(schema.new[:3])}, because the baseline does not know it, so nothing watches it"
    if unscored := _unscored(judged.asked):
        yield f"{unscored[0]}, because nothing watches it before `mirqab baseline set` gives it a baseline"
