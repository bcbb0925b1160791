"""How many labels tell that a model has become a little worse, and whether betting on them would be quicker.

First table: the fewest labels of one age, together within an hour, of which a ticket by `accuracy_fall_hourly` has an
even chance, from the exact test, its reference of 2,000 labels and what the budget leaves of one false ticket a week;
"no number" where the reference itself is too small. The rule's floor, five points, is left aside.

Second table: an e-process that adds up evidence for as long as it takes. Of all labels so far it compares "the share of
errors changed once, after some hour" (the mean over all hours, errors before and after learnt by Krichevsky and
Trofimov's rule) with the best constant share, so it never exceeds 1 / alpha with a chance of more than alpha whatever
the constant share is (A. Ramdas et al., "Testing exchangeability", 2022). It gets the budget that rule has in a week.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from math import log
from pathlib import Path
from statistics import median

import numpy as np
from scipy.special import betaln, logsumexp, xlogy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors.purse import Purse
from monitors.statistics import share_p
from monitors.truth import GROWN, KINDS
from schemas.events import Floats

RULES, PLACES = 4, len(KINDS)  # shipped rules about sums; what errors are told apart by, of one age
HOURS, AFTER = 168, 72
RATES: dict[str, Callable[[Floats], Floats]] = {
    "steady": lambda hour: np.full(len(hour), 0.1),
    "by the hour of the day, 8 to 12 %": lambda hour: 0.1 + 0.02 * np.sin(hour / 12 * np.pi),
}


def level(slots: int) -> float:
    """What one test of a sum may spend."""
    return Purse(1.0, 1.0, slots, 5, budgeted=True).hourly(RULES).ticket / PLACES


def needed(usual: float, rise: float, alpha: float) -> int | None:
    """The fewest labels; None where a hundred thousand are not enough."""
    for n in (round(200 * 1.02**k) for k in range(315)):
        if share_p(round(n * (usual + rise)), n, round(GROWN * usual), GROWN) <= alpha:
            return n
    return None


def evidence(n: Floats, wrong: Floats) -> float:
    """Natural logarithm of the e-process after these hours."""
    before = [np.concatenate([[0.0], np.cumsum(each)]) for each in (n, wrong)]
    after = [each[-1] - each for each in before]
    learnt = [betaln(k + 0.5, m - k + 0.5) - betaln(0.5, 0.5) for m, k in (before, after)]
    m, k = before[0][-1], before[1][-1]
    best = xlogy(k, k / m) + xlogy(m - k, (m - k) / m)
    return float(logsumexp(learnt[0] + learnt[1]) - log(HOURS + AFTER) - best)


def told(rng: np.random.Generator, rate: Callable[[Floats], Floats], an_hour: int, rise: float) -> int | None:
    """Hours from a change after a week until it is told; negative: before it; None: not within three days."""
    hour = np.arange(HOURS + AFTER, dtype=np.float64)
    n = rng.poisson(an_hour, len(hour)).astype(np.float64)
    wrong = rng.binomial(n.astype(np.int64), rate(hour) + rise * (hour >= HOURS)).astype(np.float64)
    alarm = -log(level(100) * PLACES * 2 * HOURS * 12)
    first = next((h for h in range(1, len(hour) + 1) if evidence(n[:h], wrong[:h]) >= alarm), None)
    return None if first is None else first - HOURS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--times", type=int, default=40)
    args = parser.parse_args()
    print("| errors before | rise | alone, first week | alone | of 100 models, first week | of 100 models |")
    print("|---:|---:|---:|---:|---:|---:|")
    for usual in (0.02, 0.05, 0.1, 0.2):
        for rise in (0.05, 0.1):
            cells = [needed(usual, rise, level(slots) ** power) for slots in (1, 100) for power in (2, 1)]
            print(f"| {usual:.0%} | {rise:.0%} | {' | '.join(f'{n:,}' if n else 'no number' for n in cells)} |")
    print("\n| share of errors | labels an hour | rise | told before there was a change | told | hours, median |")
    print("|---|---:|---:|---:|---:|---:|")
    rng = np.random.default_rng(args.seed)
    for title, rate in RATES.items():
        for an_hour in (240, 2400):
            found = [told(rng, rate, an_hour, 0.05) for _ in range(args.times)]
            false, right = (sum(f is not None and (f <= 0) is early for f in found) for early in (True, False))
            after = f"{median(f for f in found if f is not None and f > 0):.0f}" if right else "–"
            print(f"| {title} | {an_hour:,} | 5% | {false} of {args.times} | {right} | {after} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
