"""Versions that begin: a reading once, at the end of the pane in which a version other than the first was first heard.

It is there to be seen beside everything else; it has no p, no rule asks about it, and it pages nobody. Says nothing of
a model's first version, or of a release that keeps the version's name.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitors.pane import Pane
from monitors.view import View
from schemas.events import MINUTE_NS, Ints
from schemas.readings import Reading

WITHOUT_P = ("version.new",)
EVERY_PANE = True
WHOLE = True


def summarise(view: View) -> dict[str, Ints]:
    """Nothing: that a version spoke is in the key of its summary."""
    return {}


def read(pane: Pane) -> Iterable[Reading]:
    """`version.new`: minutes from its first minute to the pane's end."""
    if pane.began_ns is not None and pane.at_ns - pane.minutes * MINUTE_NS <= pane.began_ns < pane.at_ns:
        minutes = (pane.at_ns - pane.began_ns) / MINUTE_NS
        yield pane.reading("version.new", pane.n, minutes, evidence=lambda: {"began_ns": pane.began_ns})
