"""Search for an adversarial example: many small variants of one case, across the decision's boundary or towards it.

Decision-based attacks (HopSkipJump, Boundary) ask where the model is undecided and see the prediction flip; score-based
ones (ZOO, Square, SimBA) crowd around one case, often one feature at a time.

Blind spots. Attacks made on a copy of the model and sent once (transfer) look like one ordinary query. A search that
takes each step from another account is seen where these ask little else (`monitors.pool`), and else only as far as each
comes back. Chains longer apart than the window of a busy account are cut.

References: Chen et al., IEEE S&P 2020; Brendel et al., ICLR 2018; Chen et al., AISec 2017; Andriushchenko et al., ECCV
2020; Li et al. (Blacklight), USENIX Security 2022.
"""

from __future__ import annotations

from monitors.track import Shape

METRIC = "attack.evasion"


def claim(shape: Shape) -> float:
    """Along the boundary it is sure; queries in steps make it likely, and more so where predictions flip.

    So do a crowd around one case that no sample of the ranges would make, and one field at a time, each in its turn.
    """
    if shape.unsure >= 0.6 and shape.around >= 0.03 and shape.one < 0.8:
        return 1.0
    if shape.chained:
        return 0.7 if shape.flips >= 0.1 else 0.6
    if (shape.crowd >= 0.1 and shape.boxed < 0.5) or (shape.one >= 0.2 and shape.sweep < 0.3):
        return 0.6
    return 0.5 if shape.shared >= 0.2 else 0.0
