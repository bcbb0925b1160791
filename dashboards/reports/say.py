"""How a change is said in words: what moved, from what to what."""

from __future__ import annotations

from dashboards.console.words import number, share
from monitors.weekly.changes import DECISION, MISSING, RANGE, SCORE, UNSEEN, VALUES, Change
from monitors.weekly.worth import Effect

PSI_KINDS = (VALUES, SCORE)
WHAT = {
    VALUES: "values",
    MISSING: "missing",
    RANGE: "out of range",
    UNSEEN: "never seen",
    SCORE: "scores",
    DECISION: "decision",
}


def points(value: float) -> str:
    """A share as percentage points, unsigned."""
    return f"{100 * value:.1f}"


def points_signed(value: float) -> str:
    """With a sign, a true minus."""
    return f"{100 * value:+.1f}".replace("-", "−")


def p_value(p: float) -> str:
    """A p-value for a table."""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.1 else f"{p:.2f}"


def change_name(change: Change) -> str:
    """What a change is about."""
    if change.kind == SCORE:
        return "the scores"
    if change.kind == DECISION:
        return f"the decision “{change.feature}”"
    return change.feature if change.kind == VALUES else f"{change.feature} ({WHAT[change.kind]})"


def why(change: Change) -> str:
    """From what to what: of a histogram the bin that moved most."""
    if change.kind not in PSI_KINDS:
        return f"its share went from {share(change.before[0])} to {share(change.now[0])}"
    moved = [b - a for a, b in zip(change.before, change.now)]
    i = max(range(len(moved)), key=lambda k: abs(moved[k]))
    label = change.labels[i]
    return f"“{label}” went from {share(change.before[i])} to {share(change.now[i])} of its values"


def effect(change: Change) -> str:
    """The effect in its unit."""
    if change.kind in PSI_KINDS:
        return f"PSI {number(change.effect.value)}"
    return f"{points_signed(change.effect.value)} points"


def interval(kind: str, effect: Effect) -> str:
    """The effect's 95 % interval."""
    if kind in PSI_KINDS:
        return f"{number(effect.low)} to {number(effect.high)}"
    return f"{points_signed(effect.low)} to {points_signed(effect.high)}"
