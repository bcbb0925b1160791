"""Do the p-values of the readings mean what they say? Panes in which nothing changed, and how often p was that small.

Each round draws a baseline and panes of the same traffic anew, so a share stands for what users of many models meet.
An honest p has a share of at most 0.01 below 0.01; exact tests of counts have less, because counts come in steps.
Series of one pane (features, pairs) are related, so `panes` and not `p-values` says how sure a share is.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors.pane import Pane
from monitors.prepared import Prepared
from monitors.readings import FAMILIES, labels
from monitors.truth import Truth, count_labels
from schemas.readings import Reading
from schemas.summaries import Summary
from tests.support.traffic import Made, learn_from, merge, observed, rich, traffic


def pane_of(prepared: Prepared, rows: int, seed: int) -> Pane:
    """One pane of about so many events, drawn as the baseline was."""
    made = Made().add(traffic(5, rows / 5, seed=seed, change=rich))
    total = merge(observed(made.records, prepared=prepared).values())
    return Pane("card", "1", 5 * 60 * 10**9, 5, total, total, prepared)


def healthy(rounds: int, panes: int, rows: int, reference: int) -> Iterable[Reading]:
    """Every reading of panes in which nothing happened."""
    for number in range(rounds):
        prepared = Prepared(learn_from(traffic(60, reference / 60, seed=1_000_000 + number, change=rich)))
        for i in range(panes):
            pane = pane_of(prepared, rows, number * panes + i)
            for family in FAMILIES:
                yield from family.read(pane)


def late(rounds: int) -> Iterable[Reading]:
    """Readings of labels that came later: one in ten is positive, one answer in ten wrong."""
    rng = np.random.default_rng(7)
    for _ in range(rounds):
        truth = Truth()
        for _ in range(20):
            n = 500
            fact = rng.random(n) < 0.1
            said = fact ^ (rng.random(n) < 0.1)
            zero = np.zeros(n, dtype=np.int64)
            texts = [["0", "1"][int(x)] for x in fact], [["0", "1"][int(x)] for x in said]
            counted = count_labels(*texts, rng.random(n), zero, zero, 1)
            vectors = {"n": np.array([n]), **{name: counts[0] for name, counts in counted.items()}}
            pane = Pane("card", "1", 0, 5, Summary(vectors, {}, {}, []), None, None, truth=truth)
            truth.add(pane.total, "")
            yield from labels.read(pane)
            truth.forget()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="baselines drawn")
    parser.add_argument("--panes", type=int, default=50, help="panes per baseline")
    parser.add_argument("--rows", type=int, default=300, help="events per pane")
    parser.add_argument("--reference", type=int, default=2000, help="events a baseline is learnt from")
    args = parser.parse_args()
    found: dict[str, list[float]] = defaultdict(list)
    for source in (healthy(args.rounds, args.panes, args.rows, args.reference), late(args.rounds * 5)):
        for reading in source:
            if reading.p is not None:
                found[reading.series.metric].append(reading.p)
    print(f"{args.rounds * args.panes} panes of {args.rows} events, {args.rounds} baselines of {args.reference}")
    print(f"{'metric':<24}{'p-values':>10}{'p <= 0.05':>11}{'p <= 0.01':>11}{'p <= 0.001':>12}")
    for metric, values in sorted(found.items()):
        p = np.array(values)
        shares = [float((p <= level).mean()) for level in (0.05, 0.01, 0.001)]
        print(f"{metric:<24}{len(p):>10}{shares[0]:>11.4f}{shares[1]:>11.4f}{shares[2]:>12.5f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
