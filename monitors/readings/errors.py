"""Share of answers that failed, against the baseline's share (exact beta-binomial tail)."""

from __future__ import annotations

from collections.abc import Iterable

from monitors.pane import Pane
from monitors.readings_kit import share_reading, top_principals
from monitors.view import View
from schemas.events import Ints
from schemas.readings import Reading


def summarise(view: View) -> dict[str, Ints]:
    """`failed`: events whose status says that the model did not answer."""
    return {"failed": view.sums(view.batch.failed[view.rows])}


def read(pane: Pane) -> Iterable[Reading]:
    """`errors.share`."""
    if pane.n:
        failed = int(pane.total.vectors["failed"][0])
        detail = {"contributors": top_principals(pane.total, 2)}
        yield share_reading(pane, "errors.share", failed, pane.n, pane.expected("failed"), pane.expected("n"), detail)
