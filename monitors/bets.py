"""Bets against "nothing has changed": what evidence becomes when it is added up over time.

A bet turns a p-value into a factor that is 1 on average while nothing happens, so that no way of betting wins in the
long run unless something does. It judges no reading by itself.

Reference: V. Vovk, R. Wang, "E-values: calibration, combination and applications", Annals of Statistics 49(3), 2021.
"""

from __future__ import annotations

EXPONENTS = (0.2, 0.5, 0.8)
LEAST = 1e-300
MOST = 1e100  # wealth beyond this says no more, and twice of it must not overflow
WAYS = ("sr", "cusum", "wealth")


def power_bet(p: float) -> float:
    """eps * p**(eps - 1), averaged over three eps: large for small p, and its integral over (0, 1) is 1.

    >>> round(power_bet(0.001), 1), round(power_bet(0.5), 2)
    (23.0, 0.71)
    """
    p = min(max(p, LEAST), 1.0)
    return sum(eps * float(p ** (eps - 1)) for eps in EXPONENTS) / len(EXPONENTS)


def bet(wealth: float, p: float, way: str) -> float:
    """Wealth after the next bet. It begins at 0 for "sr", and at 1 for "cusum" and "wealth".

    "sr" stakes a new 1 each time and keeps the old (Shiryaev-Roberts), "cusum" keeps the better of the two, "wealth"
    never gets anything new.
    """
    stake = {"sr": wealth + 1, "cusum": max(wealth, 1.0), "wealth": wealth}[way]
    return min(power_bet(p) * stake, MOST)
