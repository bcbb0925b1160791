"""Memory with a million principals: does what is kept about accounts stay bounded when every event has a new one?

One log of many events is replayed by `mirqab replay` three times: its events come from ten accounts, from a tenth as
many accounts as there are events, and each from an account of its own. Memory that is bounded differs by little between
the last two; the peak of the process's resident memory and the time are printed.

    python tests/benchmarks/principals_memory.py --events 100000            a minute
    python tests/benchmarks/principals_memory.py --events 1000000 --only all-new
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
START = 1_772_409_600  # 2026-03-02
CHUNK = 50_000
# The child reports its own peak, which no other process can blur.
CHILD = """
import resource, sys
from streams import cli
code = cli.main(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--hours", type=float, default=24.0, help="the events are spread over so many")
    parser.add_argument("--only", choices=["ten", "tenth", "all-new"], help="one of the three instead of all")
    args = parser.parse_args()
    for name, principals in {"ten": 10, "tenth": max(1, args.events // 10), "all-new": args.events}.items():
        if args.only in (None, name):
            peak, seconds = measure(args.events, principals, args.hours)
            print(
                f"{args.events:>10,} events of {principals:>10,} principals: peak {peak:7.0f} MiB, {seconds:6.1f} s",
                flush=True,
            )
    return 0


def measure(events: int, principals: int, hours: float) -> tuple[float, float]:
    """Peak resident memory in MiB and seconds of a replay. Raises CalledProcessError if it fails."""
    with tempfile.TemporaryDirectory(prefix="mirqab-principals-") as folder:
        path = Path(folder) / "log.jsonl"
        with path.open("w") as file:
            for chunk in lines(events, principals, hours):
                file.write(chunk)
        began = time.monotonic()
        words = ["replay", str(path), "--json", "--now", str(START + int(hours * 3600) + 86_400)]
        done = subprocess.run(
            [sys.executable, "-c", CHILD, *words], capture_output=True, text=True, check=True, cwd=ROOT
        )
        seconds = time.monotonic() - began
    assert json.loads(done.stdout)["events"] == events, done.stdout
    return int(done.stderr.rsplit("peak", 1)[1]) / 1024, seconds


def lines(events: int, principals: int, hours: float) -> Iterator[str]:
    """The log, some thousand lines at a time. With as many accounts as events each asks once."""
    rng = np.random.default_rng(0)
    for first in range(0, events, CHUNK):
        n = min(CHUNK, events - first)
        x = np.round(rng.normal(size=(n, 6)), 3)
        score = np.round(1 / (1 + np.exp(-x[:, 0] - 0.5 * x[:, 1])), 4)
        who = np.arange(first, first + n) % principals
        at = START + (first + np.arange(n)) * hours * 3600 / events
        yield "".join(
            f'{{"ts":{t:.3f},"model":"m","version":"1","principal":"p{w}","features":{row},"score":{s}}}\n'
            for t, w, row, s in zip(at.tolist(), who.tolist(), x.tolist(), score.tolist())
        )


if __name__ == "__main__":
    sys.exit(main())
