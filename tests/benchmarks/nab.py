"""`mirqab score-series` on the development files of the Numenta Anomaly Benchmark, beside simpler detectors.

Two thresholds: 0.5, which the command ships with, and the best single one over all files, as NAB's own optimiser takes.
Left out: the threshold is chosen on six categories and counted on the seventh, in turn; for ours, which ships with 0.5,
it is the constant behind 0.5 (`Bar.base`) that is chosen so. Halves: the same over 100 random halves of the files. Both
cover the choice of that one constant only, not the design. `--rows N` measures speed on N rows.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors.series.bar import Bar
from monitors.series.scorer import SeriesScorer
from tests.support import nab
from tests.support.nab_rivals import RIVALS
from tests.support.nab_score import PROFILES, STANDARD, Floats, Labelled, best_threshold, gain_at, left_out, score_at

OURS = "mirqab score-series"
SHIPPED = 0.5
BASES = tuple(round(0.7 + 0.05 * i, 2) for i in range(15))
Table = dict[str, dict[str, float]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the speed measurement")
    parser.add_argument("--alone", action="store_true", help="only the command as shipped, without others and speed")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at once")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    args = parser.parse_args()
    if not nab.FOLDER.is_dir():
        print(f"NOT RUN: needs {nab.HOW}", file=sys.stderr)
        return 0
    series = list(nab.development())
    with ThreadPoolExecutor(args.processes) as pool:
        ours = list(pool.map(lambda one: command(one.path), series))
    if args.alone:
        print(text({OURS: figures(series, ours)}, by_category(series, ours)))
        return 0
    columns = {OURS: ours} | {name: [rival(one.values) for one in series] for name, rival in RIVALS.items()}
    table = {name: figures(series, scores) for name, scores in columns.items()}
    bases = other_bases(series, args.processes)
    table[OURS] |= {"left out": chosen_elsewhere(series, bases, leave_one_out(series))}
    halves = chosen_elsewhere(series, bases, random_halves(series))
    categories_, seconds = by_category(series, ours), speed(args.rows)
    if args.json:
        result = {"profiles": table, "categories": categories_, "halves": halves, "seconds": seconds}
        print(json.dumps(result | {"bases": {f"{base:.2f}": corpus(series, each) for base, each in bases.items()}}))
        return 0
    print(text(table, categories_), f"constant chosen on random halves: {halves:.1f}", sep="\n\n")
    print("base " + "  ".join(f"{base:.2f}: {corpus(series, each):.1f}" for base, each in bases.items()))
    print(f"{args.rows:,} rows in {seconds:.1f} s")
    return 0


def command(path: Path) -> Floats:
    """The score column, as a user gets it; a row without a score counts as 0."""
    run = [sys.executable, "-m", "streams.cli", "score-series", str(path)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=Path(__file__).resolve().parents[2])
    return np.array([float(row["score"] or 0) for row in csv.DictReader(io.StringIO(done.stdout))])


def figures(series: Sequence[nab.Series], scores: Sequence[Floats]) -> dict[str, float]:
    files = [one.labelled(score) for one, score in zip(series, scores)]
    groups = [[f for one, f in zip(series, files) if one.category == name] for name in categories(series)]
    row = {f"at 0.5 {p.name}": score_at(files, SHIPPED, p) for p in PROFILES}
    row |= {f"best {p.name}": best_threshold(files, p)[1] for p in PROFILES}
    return row | {"left out": left_out(groups, STANDARD)}


def other_bases(series: Sequence[nab.Series], processes: int) -> dict[float, list[Floats]]:
    """Detections of each file (1 or 0 a row) with other values of the one constant behind 0.5."""
    with ProcessPoolExecutor(processes) as pool:
        rarities = list(pool.map(rarity, [one.values for one in series]))
    return {base: [detections(each, base) for each in rarities] for base in BASES}


def rarity(values: Floats) -> list[float]:
    scorer = SeriesScorer()
    return [scorer.rarity(float(value)) for value in values]


def detections(rarities: Sequence[float], base: float) -> Floats:
    bar = Bar(base)
    return np.array([float(bar.passes(each)) for each in rarities])


def corpus(series: Sequence[nab.Series], scores: Sequence[Floats]) -> float:
    return score_at([one.labelled(score) for one, score in zip(series, scores)], SHIPPED, STANDARD)


def chosen_elsewhere(
    series: Sequence[nab.Series], bases: dict[float, list[Floats]], splits: Iterable[NDArray[np.bool_]]
) -> float:
    """Standard score when each held-out part is counted with the constant that is best for the rest."""
    files = {base: [one.labelled(score) for one, score in zip(series, each)] for base, each in bases.items()}
    gains = np.array([[gain_at(file, SHIPPED, STANDARD) for file in each] for each in files.values()])
    windows = np.array([len(one.windows) for one in series])
    won = total = 0.0
    for held in splits:
        won += float(gains[int(gains[:, ~held].sum(axis=1).argmax()), held].sum())
        total += float(windows[held].sum())
    return 100 * won / (2 * total)


def leave_one_out(series: Sequence[nab.Series]) -> list[NDArray[np.bool_]]:
    return [np.array([one.category == name for one in series]) for name in categories(series)]


def random_halves(series: Sequence[nab.Series]) -> list[NDArray[np.bool_]]:
    rng = np.random.default_rng(0)
    halves = [rng.permutation(len(series)) < len(series) // 2 for _ in range(100)]
    return [each for half in halves for each in (half, ~half)]


def by_category(series: Sequence[nab.Series], scores: Sequence[Floats]) -> Table:
    """Standard profile at 0.5, detections outside windows and windows found, per category."""
    table = {}
    for name in categories(series):
        files = [one.labelled(score) for one, score in zip(series, scores) if one.category == name]
        found = [hits(file) for file in files]
        table[name] = {
            "standard": score_at(files, SHIPPED, STANDARD),
            "windows": sum(len(file.windows) for file in files),
            "found": sum(hit for hit, _ in found),
            "false": sum(false for _, false in found),
        }
    return table


def hits(file: Labelled) -> tuple[int, int]:
    """(windows with a detection, detections outside windows)."""
    rows = np.flatnonzero(file.open_rows & (file.score >= SHIPPED))
    inside = [(rows >= first) & (rows <= last) for first, last in file.windows]
    return sum(bool(each.any()) for each in inside), len(rows) - sum(int(each.sum()) for each in inside)


def categories(series: Sequence[nab.Series]) -> list[str]:
    return sorted({one.category for one in series})


def speed(rows: int) -> float:
    """Wall time of the command on `rows` rows of a noisy daily wave."""
    steps = np.arange(rows)
    values = np.sin(steps / 288 * 2 * np.pi) + np.random.default_rng(1).normal(0, 0.2, rows)
    with tempfile.TemporaryDirectory(prefix="mirqab-nab-") as folder:
        path = Path(folder) / "series.csv"
        path.write_text("timestamp,value\n" + "".join(f"{300 * i},{v:.5f}\n" for i, v in zip(steps, values)), "utf-8")
        started = time.monotonic()
        command(path)
        return time.monotonic() - started


def text(profiles: Table, by_name: Table) -> str:
    lines = [f"{'':27}{'threshold 0.5':>22}{'best threshold':>24}{'left out':>11}"]
    lines.append(f"{'':27}" + f"{'std':>8}{'low FP':>8}{'low FN':>8}" * 2 + f"{'std':>9}")
    for name, row in profiles.items():
        # 0.5 means nothing to the others.
        at, best = ([row[f"{kind} {p.name}"] for p in PROFILES] for kind in ("at 0.5", "best"))
        cells = "".join(f"{cell:8.1f}" for cell in at) if name == OURS else f"{'–':>8}" * len(at)
        lines.append(f"{name:27}{cells}" + "".join(f"{cell:8.1f}" for cell in best) + f"{row['left out']:9.1f}")
    lines.append("")
    for name, row in by_name.items():
        score = f"{row['standard']:6.1f}" if row["windows"] else "     –"
        lines.append(f"{name:27}{score}   {row['found']} of {row['windows']} windows, {row['false']} false")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
