"""What changed: every question with n, effect, interval and p, those named first; beside it Evidently's default."""

from __future__ import annotations

from itertools import accumulate

from dashboards.console.pictures import bars
from dashboards.console.words import count
from dashboards.reports.document import Picture, Section, Table, Text
from dashboards.reports.judged import Judged
from dashboards.reports.say import PSI_KINDS, WHAT, change_name, effect, interval, p_value
from monitors.weekly.changes import FLOORS, VALUES, Change

PLACE = 10
NO, TOO_FEW = "no", "not enough data"
HEADS = ("Input", "What", "Changed?", "n before", "n", "worth", "Effect", "95 %", "p of all", "Evidently")
SHOWN, QUIET, PICTURES = 60, 12, 6


def section(judged: Judged) -> Section | None:
    if judged.asked.reference is None or not judged.changes:
        return None
    alpha = judged.asked.settings.reports.false_share
    # Whoever reads it looks for what changed; what did not only fills up to `QUIET` rows, and programs get all.
    quiet = [_word(change, alpha) in (NO, TOO_FEW) for change in judged.changes]
    room = QUIET - quiet.count(False)
    numbered = zip(judged.changes, quiet, accumulate(quiet), strict=True)
    shown = [change for change, still, number in numbered if not still or number <= room][:SHOWN]
    marked = frozenset(i for i, change in enumerate(shown) if change in judged.named)
    rows = tuple(_row(judged, change, alpha) for change in shown)
    pictures = [
        Picture(
            f"{change_name(change)}: {effect(change)}",
            bars(_shares(change, change.before), _shares(change, change.now)),
        )
        for change in judged.named
        if change.kind in PSI_KINDS
    ]
    left_out = len(judged.changes) - len(shown)
    note = f" {left_out} further questions had smaller effects; the JSON form has them all." if left_out else ""
    text = (
        f"{len(judged.changes)} questions were asked. A change is named if it is certain (p of all ≤ {alpha:g}: of "
        f"healthy weeks at most that share names anything), large enough to matter, and on enough events.{note}"
    )
    schema = judged.schema
    parts = (("New", schema.new), ("Gone", schema.gone), ("Of another kind", schema.retyped))
    named = [Text(f"{word}: {', '.join(names)}.") for word, names in parts if names]
    table = Table(HEADS, rows, frozenset({3, 4, 5}), marked)
    data = {
        "changes": [_data(judged, change, alpha) for change in judged.changes],
        "schema": {"new": schema.new, "gone": schema.gone, "retyped": schema.retyped},
        "evidently_dataset_drift": None if judged.told is None else judged.told.dataset_drift,
    }
    return Section("changed", "What changed", (Text(text), *named, table, *pictures[:PICTURES]), data)


def _row(judged: Judged, change: Change, alpha: float) -> tuple[str, ...]:
    return (
        "(scores)" if change.kind == "score" else change.feature,
        WHAT[change.kind],
        _word(change, alpha),
        count(change.n_before),
        count(change.n),
        count(change.effect.worth),
        effect(change),
        interval(change.kind, change.effect),
        p_value(change.p_all),
        _evidently(judged, change),
    )


def _word(change: Change, alpha: float) -> str:
    if change.named(alpha):
        return "changed"
    if not change.enough:
        return TOO_FEW
    if change.p_all <= alpha:
        return "too small to matter"
    return "not certain" if change.material else NO


def _evidently(judged: Judged, change: Change) -> str:
    if judged.told is None or change.kind != VALUES:
        return ""
    found = next((d for d in judged.told.drifts if d.column == change.feature), None)
    return "" if found is None else "drift" if found.drifted else "no drift"


def _shares(change: Change, side: tuple[float, ...]) -> list[tuple[str, float]]:
    return list(zip(change.labels, side))


def _data(judged: Judged, change: Change, alpha: float) -> dict[str, object]:
    return {
        "feature": change.feature,
        "kind": change.kind,
        "verdict": _word(change, alpha),
        "n_before": change.n_before,
        "n": change.n,
        "worth": round(change.effect.worth, 1),
        "effect": change.effect.value,
        "low": change.effect.low,
        "high": change.effect.high,
        "floor": FLOORS[change.kind],
        "p": change.effect.p,
        "p_all": change.p_all,
        "evidently": _evidently(judged, change) or None,
    }
