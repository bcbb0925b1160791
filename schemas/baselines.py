"""A `Baseline`: an immutable, numbered picture of what is normal for one model version.

An event is scored against exactly one baseline, whose id (a hash of its content) is stored with the score.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec


class Numeric(msgspec.Struct, frozen=True):
    """A numeric feature: `edges` are the inner bin edges (bin i is [edge i-1, edge i)), `counts` one per bin.

    `knots` are values at fixed ranks from 0 to 1, for scaling into [0, 1]; `low` and `high` the observed range.
    """

    name: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    knots: tuple[float, ...]
    low: float
    high: float
    missing: int


class Categorical(msgspec.Struct, frozen=True):
    """A categorical feature: the categories kept, their counts, the count of all others together."""

    name: str
    vocabulary: tuple[str, ...]
    counts: tuple[int, ...]
    other: int
    missing: int


class Forest(msgspec.Struct, frozen=True):
    """Frozen half-space masses. The trees follow from (seed, number of features); only masses are stored.

    `masses` is trees x nodes, row by row; `calibration` the sorted scores of rows the masses never saw.
    """

    n_trees: int
    height: int
    window: int
    seed: int
    masses: tuple[int, ...]
    calibration: tuple[float, ...]


class Baseline(msgspec.Struct, frozen=True):
    """What is normal. `vectors` are the learning time's counts of all that needs no baseline (latency, score, …)."""

    model: str
    version: str
    number: int
    learnt_from_ns: int
    learnt_to_ns: int
    minutes: int
    events: int
    rows: int
    numeric: tuple[Numeric, ...]
    categorical: tuple[Categorical, ...]
    predictions: dict[str, int]
    vectors: dict[str, tuple[int, ...]]
    principals: dict[str, tuple[int, ...]]
    forest: Forest | None
    origin: str  # "learnt", "given" or "proposed"
    approved_by: str = ""

    @property
    def id(self) -> str:
        """Hash of the content."""
        return blake2b(encode(self), digest_size=8).hexdigest()


PROPOSED = "proposed"  # the origin of a baseline that waits for approval; it is never in force


def rank(number: int, origin: str, id: str) -> tuple[bool, int, bool, str]:
    """Of two baselines of a model version the larger rank is in force: the newer one; of equal numbers a given one."""
    return origin != PROPOSED, number, origin == "given", id


def encode(baseline: Baseline) -> bytes:
    """Deterministic JSON bytes: what is stored and published."""
    return msgspec.json.encode(baseline, order="deterministic")


def decode(data: bytes | str) -> Baseline:
    return msgspec.json.decode(data, type=Baseline)
