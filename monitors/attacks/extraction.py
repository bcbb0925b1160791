"""Stealing the model: queries that cover the input space, or grow from seeds in steps, to train a copy on the answers.

Random ones are strange in most features and not near each other; those grown from seeds (JBDA) lie near earlier ones
all over the space; path finding moves one feature at a time until the decision changes; active learning asks where
the model is undecided, all along the boundary.

Blind spots. Replaying natural data looks like natural data: a copy trained on it cannot be told from a customer. So do
very few queries, and queries generated to look natural.

References: Tramer et al., USENIX Security 2016; Papernot et al., AsiaCCS 2017; Juuti et al. (PRADA), EuroS&P 2019.
"""

from __future__ import annotations

from monitors.track import Shape

METRIC = "attack.extraction"


def claim(shape: Shape) -> float:
    """Nobody's queries, all over the space; or one feature at a time to the boundary, on from wherever that led.

    Whatever else is not benign and goes in no steps may be it, too.
    """
    paths = shape.unsure >= 0.3 or (shape.flips >= 0.1 and shape.sweep >= 0.3) or (shape.one >= 0.7 and shape.hub < 0.2)
    if shape.one >= 0.3 and shape.sweep < 0.9 and paths:
        return 0.95
    if shape.unsure >= 0.5 and shape.around < 0.05:
        return 0.9
    nobodys = max(shape.strange, shape.extreme, shape.torn, shape.boxed)
    if nobodys >= 0.1 and not shape.chained and shape.recent < 0.05 and shape.one < 0.3:
        return 0.9
    return 0.55 if nobodys >= 0.2 and not shape.chained else 0.2
