"""Membership inference with noise: many stars of slightly perturbed copies, each around an ordinary record.

Whoever asks how far a record can be moved before its prediction flips learns whether it was trained on. Only suspected:
robustness tests of the owner look the same.

Blind spots. Its first star looks like a search for an adversarial example, and may be named so first. Asking for the
record itself, once, and looking at the confidence (the usual attack) cannot be told from a customer, and is not looked
for. Perturbations as wide as the customers are apart are not seen either.

Reference: Choquette-Choo et al., ICML 2021.
"""

from __future__ import annotations

from monitors.track import Shape

METRIC = "attack.membership"


def claim(shape: Shape) -> float:
    """The nearest stays the same for a while, then another is; predictions hold, and several features move at once.

    Of wider stars the nearest is any of the last, as often as not the last two: a chain would go on from those.
    """
    if shape.one >= 0.1:
        return 0.0
    if shape.hub >= 0.25 and 0.1 <= shape.recent <= 0.8 and shape.around <= 0.4 and shape.flips < 0.05:
        return 0.85
    if shape.fresh is None or shape.next is None or shape.fresh < 0.4 or shape.next >= 0.3 * shape.fresh:
        return 0.0
    # Clearly less than what a search claims over many looks: its steps look like this for a while.
    return 0.65 if shape.around < 0.1 and shape.hub < 0.1 and shape.flips < 0.1 and shape.unsure < 0.1 else 0.0
