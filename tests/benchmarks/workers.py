"""Two workers on one core each against one on one core: one group, one loaded topic of eight partitions, chDB.

Every worker has a store of its own, because the embedded engine belongs to one process. The broker shares the cores
with the workers, so it takes from two what it takes from one twice over. The rate of two is over the time in which both
had stored something and neither had ended. Prints one line; needs taskset and Apache Kafka.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.bench import START
from tests.support.bench_worker import SERVING, Child, fill, records
from tests.support.kafka import KafkaBroker
from tests.support.kafka_jars import HOW, NoKafka

Marks = list[tuple[float, int]]
PARTITIONS = 8
JOINING = {"group.initial.rebalance.delay.ms": "6000"}  # so that both workers are dealt to at once


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=600_000, help="events in the topic; each worker reads a quarter")
    parser.add_argument("--per-second", type=float, default=5000, help="event time goes on by this many a second")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mirqab-bench-") as name:
        folder = Path(name)
        try:
            with KafkaBroker(folder / "kafka", java_options=SERVING, properties=JOINING) as broker:
                broker.create_topic("load", PARTITIONS)
                made = records(args.events, models=5, principals=500, per_second=args.per_second, start=START)
                fill(broker.bootstrap, "load", made, PARTITIONS)
                one = work(broker, folder, "one", args.events // 4, 1)
                two = work(broker, folder, "two", args.events // 4, 2)
        except NoKafka as e:
            print(f"NOT RUN: {e}; to get it: {HOW}", file=sys.stderr)
            return 0
    rates = [rate([worker["marks"] for worker in workers]) for workers in (one, two)]
    cost = ["/".join(f"{worker['cpu_us']:.1f}" for worker in workers) for workers in (one, two)]
    print(f"workers one={rates[0]:.0f} two={rates[1]:.0f} ratio={rates[1] / rates[0]:.2f} cpu_us={cost[0]}:{cost[1]}")
    return 0


def work(broker: KafkaBroker, folder: Path, group: str, events: int, workers: int) -> list[dict[str, Any]]:
    """Let so many workers, each on its core, store so many events each."""
    children = [
        Child(broker.bootstrap, "load", group, folder / f"{group}{core}", "--events", str(events), core=core)
        for core in range(workers)
    ]
    return [child.result() for child in children]


def rate(workers: list[Marks]) -> float:
    """Events a second of all together, over the time in which all were at it."""
    since, until = max(marks[0][0] for marks in workers), min(marks[-1][0] for marks in workers)
    stored = sum(by(marks, until) - by(marks, since) for marks in workers)
    return stored / (until - since)


def by(marks: Marks, moment: float) -> int:
    """Events stored by then."""
    return max((total for at, total in marks if at <= moment), default=0)


if __name__ == "__main__":
    sys.exit(main())
