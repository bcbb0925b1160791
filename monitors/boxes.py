"""How much likelier a query is as a draw from the ranges of its numbers than as a customer's: a likelihood ratio.

Whoever samples a model knows the range of each number and not where customers lie within it. Where numbers are
independent and every rank has as many customers, such a query is neither surprising nor torn; but of most numbers it
lies where a range is wide and customers are few, in many numbers at once. The ratio adds up over the numbers; what is
learnt is which sum one in a hundred customers reaches, whatever goes together among them.

It does not see who samples where customers are, as one does who knows their distribution, and says nothing of
categories. What lies beyond the range counts as little as what lies at its middle: that is for `extreme`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from schemas.events import Floats, Ints

CUSTOMERS = 0.1  # of a sampler's queries, so that no one number rules a sampler out
MOST = 2.0  # nats that one number may say


def ratios(counts: Ints, steps: Sequence[Floats], knots: int) -> Floats:
    """Nats of every code (features, codes), from customers' counts and each number's knots; 0 of categories.

    Code c lies between knots c - 1 and c, the last knot's own code is the number of them. A number of fewer than
    `knots` takes some values often, so the last one is a value like others; else hardly anybody is at the very end.
    """
    found = np.zeros(counts.shape)
    customers = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
    for j, each in enumerate(steps):
        if len(each) < 2:
            continue
        part = each / np.abs(each).max()  # widths of absurd numbers would have no finite sum
        width = np.diff(part, append=2 * part[-1] - part[-2] if len(each) < knots else part[-1])
        inside = slice(1, len(each) + 1)
        ratio = width / width.sum() / customers[j, inside]
        found[j, inside] = np.minimum(np.log((1 - CUSTOMERS) * ratio + CUSTOMERS), MOST)
    return found
