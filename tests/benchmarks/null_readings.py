"""Do the p-values of the readings mean what they say? Panes in which nothing changed, and how often p was that small.

Each round draws a baseline and panes of the same traffic anew, so a share stands for what users of many models meet.
An honest p has a share of at most 0.01 below 0.01; exact tests of counts have less, because counts come in steps.
Series of one pane (features, pairs) are related, and so are the panes of one baseline: a share is marked with ! where
it exceeds its level by three standard errors, which are worked out from the shares of the single baselines.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import multiprocessing
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors.learn import Learnt, learn
from monitors.pane import Pane
from monitors.prepared import Prepared
from monitors.readings import FAMILIES, labels, metrics_of
from monitors.truth import Truth, count_labels
from schemas.events import MINUTE_NS
from schemas.readings import Reading
from schemas.summaries import Summary
from tests.support.null_streams import STREAMS, panes
from tests.support.traffic import merge

LEVELS = (0.05, 0.01, 0.001, 0.0001)
LEARN_A_MINUTE = 40  # more of them would be too wide to be sampled together


Task = tuple[str, int, int, int, int, str]  # stream, seed, panes, rows, reference, metrics


def healthy(kind: str, seed: int, count: int, rows: int, reference: int, wanted: str) -> Iterable[Reading]:
    """Every reading of so many panes in which nothing happened, against one baseline."""
    rng = np.random.default_rng([seed, list(STREAMS).index(kind)])
    learnt = panes(kind, rng, [LEARN_A_MINUTE] * (reference // LEARN_A_MINUTE), None)
    total = merge(learnt)  # whose own sample is bounded
    time = Learnt(0, len(learnt) * MINUTE_NS, len(learnt))
    sample = [row for summary in learnt for row in summary.sample]
    prepared = Prepared(learn("m", "", 1, sample, total, time, origin="given"))
    for summary in panes(kind, rng, rng.poisson(rows, count).tolist(), prepared):
        pane = Pane("m", "", MINUTE_NS, 1, summary, summary, prepared)
        for family in FAMILIES:
            if any(wanted in metric for metric in metrics_of(family)):
                yield from family.read(pane)


def late(seed: int, count: int) -> Iterable[Reading]:
    """Readings of labels that came later: one in ten is positive, one answer in ten wrong."""
    rng, truth = np.random.default_rng(seed), Truth()
    for _ in range(count):
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


def round_of(task: Task) -> tuple[str, dict[str, list[float]]]:
    """The p-values of one baseline by metric."""
    kind, seed, *_ = task
    found: dict[str, list[float]] = defaultdict(list)
    source = late(seed, 20) if kind == "late labels" else healthy(*task)
    for reading in source:
        if reading.p is not None:
            found[reading.series.metric].append(reading.p)
    return kind, found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40, help="baselines drawn")
    parser.add_argument("--panes", type=int, default=50, help="panes per baseline")
    parser.add_argument("--rows", type=int, default=300, help="events per pane")
    parser.add_argument("--reference", type=int, default=2000, help="events a baseline is learnt from")
    parser.add_argument("--kinds", nargs="+", default=[*STREAMS, "late labels"], choices=[*STREAMS, "late labels"])
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most; what was drawn by then is shown")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--metrics", default="", help="only metrics whose name holds this text")
    args = parser.parse_args()
    began = time.monotonic()
    rest = args.panes, args.rows, args.reference, args.metrics
    tasks = [(kind, seed, *rest) for kind in args.kinds for seed in range(args.rounds)]
    found: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    rounds: Counter[str] = Counter()
    with multiprocessing.get_context("spawn").Pool(args.processes) as pool:
        for kind, values in pool.imap(round_of, sorted(tasks, key=lambda task: task[1])):
            rounds[kind] += 1
            for metric, some in values.items():
                found[metric, kind].append(some)
            if time.monotonic() - began > args.seconds:
                break
    print(
        f"{args.panes} panes of {args.rows} events each against so many baselines of {args.reference}: {dict(rounds)}"
    )
    print(f"{'metric':<24}{'stream':<13}{'p-values':>9}" + "".join(f"{f'p <= {level}':>12}" for level in LEVELS))
    for (metric, kind), lists in sorted(found.items()):
        if args.metrics in metric:
            print(f"{metric:<24}{kind:<13}{sum(map(len, lists)):>9}" + "".join(share(lists, p) for p in LEVELS))
    print(f"{time.monotonic() - began:.0f} s")
    return 0


def share(values: list[list[float]], level: float) -> str:
    """Of the p-values of all baselines; one list per baseline."""
    below = np.array([sum(p <= level for p in some) for some in values])
    counts = np.array([len(some) for some in values])
    total = below.sum() / counts.sum()
    error = np.sqrt(((below - total * counts) ** 2).sum()) / counts.sum()
    return f"{total:>11.5f}{'!' if total - 3 * error > level else ' '}"


if __name__ == "__main__":
    sys.exit(main())
