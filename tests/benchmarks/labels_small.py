"""How many labels tell that a model has become a little worse, and whether betting on them would be quicker.

First table: the fewest labels of one age, together within an hour, of which a ticket by `accuracy_fall_hourly` has an
even chance, from the exact test, its reference of 2,000 labels and what the budget leaves of one false ticket a week;
"no number" where the reference itself is too small. The rule's floor, five points, is left aside.

Second table: an e-process that adds up evidence for as long as it takes. Of all labels so far it compares "the share of
errors changed once, after some hour" (the mean over all hours, errors before and after learnt by Krichevsky and
Trofimov's rule) with the best constant share, so it never exceeds 1 / alpha with a chance of more than alpha whatever
the constant share is (A. Ramdas et al., "Testing exchangeability", 2022); or every hour of the day has a constant share
of its own. It gets the budget that rule has in a week.
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
WEEK, PANES = 168, 12  # hours, panes of one
HOURS, AFTER, RISE = 2 * WEEK, 72, 0.05  # hours before the change and after it
RATES: dict[str, Callable[[Floats], Floats]] = {
    "10 %": lambda hour: np.full(len(hour), 0.1),
    "8 to 12 % by the hour of the day": lambda hour: 0.1 + 0.02 * np.sin(hour / 12 * np.pi),
    "8 to 12 % by the day": lambda hour: 0.1 + 0.02 * np.sin(hour // 24 * 2.4),
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


def evidence(n: Floats, wrong: Floats, strata: int) -> float:
    """Natural logarithm of the e-process after these hours; every stratum has a constant share of its own."""
    change, best = np.zeros(len(n) + 1), 0.0
    for stratum in range(strata):
        mine = np.arange(len(n)) % strata == stratum
        before = [np.concatenate([[0.0], np.cumsum(each * mine)]) for each in (n, wrong)]
        m, k = (float(each[-1]) for each in before)
        if m:
            after = [each[-1] - each for each in before]
            change += sum(betaln(k_ + 0.5, m_ - k_ + 0.5) - betaln(0.5, 0.5) for m_, k_ in (before, after))
            best += float(xlogy(k, k / m) + xlogy(m - k, (m - k) / m))
    return float(logsumexp(change) - log(HOURS + AFTER) - best)


def told(rng: np.random.Generator, rate: Callable[[Floats], Floats], an_hour: int, strata: int) -> int | None:
    """Hours from a rise after some weeks until it is told; 0 or less: before it; None: not within three days."""
    hour = np.arange(HOURS + AFTER, dtype=np.float64)
    n = rng.poisson(an_hour, len(hour)).astype(np.float64)
    wrong = rng.binomial(n.astype(np.int64), rate(hour) + RISE * (hour >= HOURS)).astype(np.float64)
    alarm = -log(level(100) * PLACES * 2 * WEEK * PANES)
    first = next((h for h in range(1, len(hour) + 1) if evidence(n[:h], wrong[:h], strata) >= alarm), None)
    return None if first is None else first - HOURS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--times", type=int, default=12, help="of each line of the second table")
    args = parser.parse_args()
    print("| errors before | rise | alone, first week | alone | of 100 models, first week | of 100 models |")
    print("|---:|---:|---:|---:|---:|---:|")
    for usual in (0.02, 0.05, 0.1, 0.2):
        for rise in (0.05, 0.1):
            cells = [needed(usual, rise, level(slots) ** power) for slots in (1, 100) for power in (2, 1)]
            print(f"| {usual:.0%} | {rise:.0%} | {' | '.join(f'{n:,}' if n else 'no number' for n in cells)} |")
    print("\n| share of errors | labels an hour | by the hour of the day | told before | told | hours, median |")
    print("|---|---:|---|---:|---:|---:|")
    rng = np.random.default_rng(args.seed)
    for title, rate in RATES.items():
        for an_hour in (240, 2400):
            for strata in (1, 24):
                hours = [told(rng, rate, an_hour, strata) for _ in range(args.times)]
                false, right = (sum(f is not None and (f <= 0) is early for f in hours) for early in (True, False))
                after = f"{median(f for f in hours if f is not None and f > 0):.0f}" if right else "–"
                said = f"{'yes' if strata > 1 else 'no'} | {false} of {args.times} | {right} | {after}"
                print(f"| {title} | {an_hour:,} | {said} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
