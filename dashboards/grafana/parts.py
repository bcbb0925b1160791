"""What a dashboard is made of, as data: panels, columns, links, annotations. How Grafana writes them is `panels`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboards.grafana.sql import Fixed

WIDTH = 24  # columns of Grafana's grid


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a cell: `path` with {column} where the row's value belongs; the console's unless `board` is named."""

    title: str
    path: str
    board: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: what it asks and how it is drawn.

    `kind` is series, table, stat or note. `columns` map what the question returns to what is shown: of a series the
    time, then labels, then numbers. `fixed` are parameters that come from no variable of the board. `band` says that
    there are columns low, expected and high. `links` are by shown column. `steps` are (from, colour). A note has no
    question: its `help` is the text.
    """

    title: str
    help: str
    kind: str = "series"
    question: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    fixed: Fixed = field(default_factory=dict)
    width: int = 12
    height: int = 8
    unit: str = "short"
    least: float | None = None
    every: str = "1m"  # shortest distance of two points
    band: bool = False
    bars: bool = False
    steps: tuple[tuple[float | None, str], ...] = ()
    links: Mapping[str, Link] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Annotation:
    """Marks on the time axis of every panel: a question whose answer has time, text and perhaps timeEnd."""

    name: str
    question: str
    columns: Mapping[str, str]
    colour: str


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard. `variables` are keys of `panels.VARIABLES`, in the order of their boxes."""

    uid: str
    title: str
    help: str
    panels: tuple[Panel, ...]
    variables: tuple[str, ...] = ("model",)
    annotations: tuple[Annotation, ...] = ()
    span: str = "now-6h"
    refresh: str = "1m"


def same(*names: str, **renamed: str) -> dict[str, str]:
    """Columns shown under their own names, then those under another: same("model", first_seen_ns="since")."""
    return {**{name: name for name in names}, **renamed}
