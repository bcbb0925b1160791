"""Model inversion: climbing to an input that the model is most confident of, to see what a class looks like.

One chain of small steps that begins and stays where no customer is. Attribute inference: the same feature is varied in
record after record, the rest as it is.

Blind spots. An inversion that starts from a natural record, or from the middle of all, looks like a search for an
adversarial example. A form that lets its users vary one field, and always the same, looks like attribute inference.

References: Fredrikson et al., CCS 2015; Wierstra et al. (NES), JMLR 2014.
"""

from __future__ import annotations

from monitors.track import Shape

METRIC = "attack.inversion"


def claim(shape: Shape) -> float:
    """One feature swept over record after record; or steps that climb, or were never near a customer, and hold."""
    if shape.sweep >= 0.9 and shape.one >= 0.1 and shape.near < 0.1 and shape.crowd < 0.1:
        return 0.96
    if max(shape.strange, shape.extreme) >= 0.99 and shape.around >= 0.05:
        return 0.8
    # A gradient is climbed in all features at once; one at a time is how a search feels its way.
    if not shape.chained or shape.flips >= 0.15 or shape.one >= 0.2 or shape.rise < 1.5:
        return 0.0
    return 0.8 if shape.rise >= 2.5 else 0.65
