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
    """Strange and scattered, or one feature at a time to the boundary; whatever else is not benign may be it, too."""
    if shape.one >= 0.8 and (shape.unsure >= 0.3 or shape.flips >= 0.1):
        return 0.95
    if shape.unsure >= 0.5 and shape.around < 0.05:
        return 0.9
    if shape.strange >= 0.3 and shape.near < 0.05 and shape.around < 0.05 and shape.close < 0.7 and shape.flips < 0.15:
        return 0.9
    return 0.2
