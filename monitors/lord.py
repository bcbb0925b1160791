"""LORD++: how much of a level the next test may spend, when tests never end and discoveries earn more.

One test is one pane of one model version: its tests share the pane's level equally. A discovery is a pane that opened a
ticket. The share of false ones among all discoveries is then at most `q` in expectation, for independent p-values;
without any discovery the levels fade, which is why every week starts afresh (methods §3).
"""

from __future__ import annotations

from functools import cache
from math import exp, log, sqrt


@cache
def gamma(j: int) -> float:
    """The share of the wealth that the j-th test after a discovery gets, j = 1, 2, …; they add up to 1."""
    return 0.07720838 * log(max(j, 2)) / (j * exp(sqrt(log(j))))


class Lord:
    """Levels in order: ask `level`, test, tell `enter`.

    When it does not work: p-values that depend on each other, and signs of one fault over many panes; both make false
    discoveries come in clusters. The fixed half of the budget, which knows no discoveries, does not mind.

    >>> lord = Lord(0.1)
    >>> first = lord.level()
    >>> for _ in range(100):
    ...     lord.enter(found=False)
    >>> tired = lord.level()
    >>> lord.enter(found=True)
    >>> f"{first:.1e} {tired:.1e} {lord.level():.1e}"
    '5.4e-04 4.1e-06 4.8e-03'

    Reference: A. Ramdas et al., "Online control of the false discovery rate with decaying memory", NeurIPS 2017.
    """

    def __init__(self, q: float) -> None:
        if not 0 <= q < 1:
            raise ValueError(f"a false discovery rate lies in [0, 1), not {q}")
        self.q = q
        self.tests = 0
        self.found: list[int] = []

    @staticmethod
    def load(q: float, tests: int, found: list[int]) -> Lord:
        """After so many tests, of which these were discoveries."""
        lord = Lord(q)
        lord.tests, lord.found = tests, found
        return lord

    def level(self) -> float:
        """The level of the next test."""
        t, w0 = self.tests + 1, self.q / 10
        earned = sum((self.q - (w0 if i == 0 else 0)) * gamma(t - at) for i, at in enumerate(self.found))
        return gamma(t) * w0 + earned

    def enter(self, found: bool) -> None:
        """The test was made; `found` if it was a discovery."""
        self.tests += 1
        if found:
            self.found.append(self.tests)
