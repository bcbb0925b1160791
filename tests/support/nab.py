"""NAB's development files, where they lie beside this repository, and the windows people labelled in them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tests.support.nab_score import Floats, Labelled

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "nab"
HOW = "the files of numenta/NAB (MIT) as <repository>/../shared/data/nab/data/<category>/<file>.csv.gz"


@dataclass(frozen=True)
class Series:
    """One file."""

    name: str
    path: Path
    values: Floats
    windows: tuple[tuple[int, int], ...]

    @property
    def category(self) -> str:
        return self.name.split("/")[0]

    def labelled(self, score: Floats) -> Labelled:
        return Labelled(score, self.windows)


def development() -> Iterator[Series]:
    """Every file, in order of its name."""
    windows = json.loads((FOLDER / "combined_windows.json").read_text("utf-8"))
    for path in sorted(FOLDER.glob("data/*/*.csv.gz")):
        name = f"{path.parent.name}/{path.name.removesuffix('.gz')}"
        with gzip.open(path, "rt", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        times = np.array([_seconds(row["timestamp"]) for row in rows])
        inside = [np.flatnonzero((times >= _seconds(a)) & (times <= _seconds(b))) for a, b in windows[name]]
        spans = tuple((int(rows_[0]), int(rows_[-1])) for rows_ in inside)
        yield Series(name, path, np.array([float(row["value"]) for row in rows]), spans)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
