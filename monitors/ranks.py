"""Where a value stands among earlier values of its series: the rank that a conformal p-value is made of.

If the values could have come in any order (are exchangeable) and ties are broken by chance, such a rank is uniform,
whatever their distribution. It knows nothing of order in time: where neighbours resemble each other the rank of a
single value keeps its promise, several ranks together do not.

The chance is a hash of the reading's identity, so a replay breaks every tie the same way.

Reference: V. Vovk, A. Gammerman, G. Shafer, "Algorithmic learning in a random world", 2nd edition, 2022, chapter 2.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from hashlib import blake2b

from schemas.readings import Reading

SIDES = ("up", "down", "both")


def chance(reading: Reading) -> float:
    """A number in (0, 1) that belongs to (model, version, metric, feature, principal, time) and to nothing else."""
    identity = f"{reading.series}|{reading.at_ns}".encode()
    return (int.from_bytes(blake2b(identity, digest_size=7).digest(), "big") + 0.5) / 2**56


def frozen_p(ordered: Sequence[float], value: float, side: str, u: float) -> float:
    """Conformal p of a value against others that are sorted and do not change; never below 1 / (n + 1), or 2 on "both".

    >>> frozen_p([1.0, 2.0, 2.0, 3.0], 2.0, "up", u=0.5), frozen_p([1.0, 2.0, 3.0], 9.0, "both", u=0.5)
    (0.6, 0.5)
    """
    n, below, not_above = len(ordered), bisect_left(ordered, value), bisect_right(ordered, value)
    ties = u * (not_above - below)
    up, down = (1 + n - not_above + ties) / (n + 1), (1 + below + ties) / (n + 1)
    return {"up": up, "down": down, "both": min(1.0, 2 * min(up, down))}[side]


def online_p(ordered: Sequence[float], value: float, side: str, u: float) -> float:
    """The same with the value counted among the others: uniform, and independent of the p-values before it."""
    n, below, not_above = len(ordered), bisect_left(ordered, value), bisect_right(ordered, value)
    up = (n - not_above + u * (1 + not_above - below)) / (n + 1)
    return {"up": up, "down": 1 - up, "both": 1 - abs(2 * up - 1)}[side]
