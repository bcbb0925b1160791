"""How much slower and larger a worker gets with the number of names: models and principals, every one with a share.

One worker over a loaded topic of four partitions. Of a thousand models each stays in one partition, as with its name as
key; a single model is spread over all. Baselines are given for all models. What costs is models in a batch: each
is scored and counted by its own baseline. 300,000 events at 5,000 a second are a minute of event time, and a minute
closes a minute after its end: none does, so judging is not in these figures. Where it is, the same events are spread
over so many minutes that most close and a pane ends (`--minutes`); what that costs goes by minutes and models, however
few events there are. Prints a line for each pair and one last line; needs Apache Kafka.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from schemas.events import MINUTE_NS
from schemas.settings import Settings
from tests.support.bench import START
from tests.support.bench_worker import SERVING, Child, fill, records
from tests.support.kafka import KafkaBroker
from tests.support.kafka_jars import HOW, NoKafka


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=300_000, help="events of each run")
    parser.add_argument("--models", type=int, nargs="+", default=[1, 1000], help="numbers of models")
    parser.add_argument("--principals", type=int, nargs="+", default=[10, 10_000], help="numbers of principals")
    parser.add_argument("--per-second", type=float, default=5000, help="event time goes on by this many a second")
    parser.add_argument("--minutes", type=int, default=8, help="of event time where minutes are to close, 0 for none")
    args = parser.parse_args()
    found: dict[tuple[int, int], float] = {}
    try:
        for models in args.models:
            for principals in args.principals:
                found[models, principals] = measure(args, models, principals)
        if args.minutes:
            for models in args.models:
                measure(args, models, args.principals[0], args.minutes)
    except NoKafka as e:
        print(f"NOT RUN: {e}; to get it: {HOW}", file=sys.stderr)
        return 0
    print(f"names slowest={min(found.values()):.0f} falls_by={max(found.values()) / min(found.values()):.2f}")
    return 0


def measure(args: argparse.Namespace, models: int, principals: int, minutes: int = 0) -> float:
    """One run; its events a second. With `minutes` it ends when all that can close have been judged."""
    per_second = args.events / minutes / 60 if minutes else args.per_second
    with tempfile.TemporaryDirectory(prefix="mirqab-bench-") as name:
        folder = Path(name)
        with KafkaBroker(folder / "kafka", java_options=SERVING) as broker:
            broker.create_topic("load", 4)
            made = records(args.events, models=models, principals=principals, per_second=per_second, start=START)
            fill(broker.bootstrap, "load", made)
            options = ["--events", str(args.events), "--models", str(models)]
            if minutes:
                options += ["--judged", str(last_closed_ns(minutes))]
            one = Child(broker.bootstrap, "load", "names", folder / "worker", *options).result(timeout=600)
    print(
        f"{models:>5} models, {principals:>6} principals: {one['events_per_second']:>7,.0f} events/s, "
        f"{one['cpu_us']:.1f} us of processor each, {one['rss_mb']:,.0f} MiB"
        + (f"; {one['closes']} closes in all shards, {one['readings']:,} readings" if minutes else ""),
        flush=True,
    )
    return float(one["events_per_second"])


def last_closed_ns(minutes: int) -> int:
    """The last minute that is over, and the lateness too, before the last event."""
    last = START + minutes * 60 - 1 - Settings().line.lateness_seconds
    return (last // 60 - 1) * MINUTE_NS


if __name__ == "__main__":
    sys.exit(main())
