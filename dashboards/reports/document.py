"""What a report is made of: sections of texts, tables and pictures, as plain data. How they look is the template's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dashboards.console.pictures import Bar

NOTHING_TO_DO, LOOK, NOT_ENOUGH, NO_TRAFFIC = "nothing to do", "look", "not enough data", "no traffic"


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` hold texts; columns whose number is in `right` are numbers. `marked` are rows that matter most."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `blank` leaves that many lines to write on."""

    text: str
    blank: int = 0
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values."""

    pairs: tuple[tuple[str, str], ...]
    kind: str = "facts"


@dataclass(frozen=True, slots=True)
class Picture:
    """Expected beside observed, bin by bin."""

    title: str
    bars: tuple[Bar, ...]
    kind: str = "picture"


@dataclass(frozen=True, slots=True)
class Section:
    """One heading with what stands under it. `data` is the same for programs, JSON types only."""

    name: str
    title: str
    blocks: tuple[Table | Text | Facts | Picture, ...]
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A report. `verdict` is a word, `sentences` the two that a model owner reads first."""

    kind: str
    title: str
    subtitle: str
    model: str
    period: str
    from_ns: int
    until_ns: int
    made_ns: int
    verdict: str
    sentences: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def summary(self) -> str:
        return " ".join(self.sentences)
