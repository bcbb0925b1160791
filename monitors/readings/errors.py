"""Share of answers that failed, against the baseline's share (exact beta-binomial tail)."""

from __future__ import annotations

from collections.abc import Iterable

from monitors.pane import Pane
from monitors.readings_kit import share_reading, top_principals
from monitors.view import View
from schemas.events import Ints
from schemas.readings import Reading

TOGETHER = True


def summarise(view: View) -> dict[str, Ints]:
    """`failed`: events whose status says that the model did not answer."""
    return {"failed": view.sums(view.batch.failed[view.rows])}


def read(pane: Pane) -> Iterable[Reading]:
    """`errors.share`."""
    if pane.n:
        failed = int(pane.total.vectors["failed"][0])
        usual, total = pane.expected("failed"), pane.expected("n")
        before = None if usual is None or total is None else (int(usual[0]), int(total[0]))
        yield share_reading(
            pane, "errors.share", failed, pane.n, before, lambda: {"contributors": top_principals(pane.total, 2)}
        )
