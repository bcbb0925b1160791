"""How often alerts of a sort were real, from the verdicts of people: a share and its interval. Pure."""

from __future__ import annotations

from typing import NamedTuple

from scipy.stats import beta

SURE = 0.9


class Record(NamedTuple):
    """Of `closed` alerts with a verdict `real` were real; the share lies in [low, high] with 90 % of the posterior."""

    real: int
    closed: int
    share: float
    low: float
    high: float


def record(real: int, closed: int) -> Record | None:
    """Posterior of a uniform prior; None while no alert was closed, which says nothing.

    Verdicts are not a random sample: what people close first is what they understand.

    >>> found = record(8, 10)
    >>> round(found.share, 2), round(found.low, 2), round(found.high, 2)
    (0.75, 0.53, 0.92)
    """
    if closed <= 0:
        return None
    posterior = beta(real + 1, closed - real + 1)
    low, high = posterior.interval(SURE)
    return Record(real, closed, float(posterior.mean()), float(low), float(high))
