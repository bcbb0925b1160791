"""How long after an event it can be seen, and how long after a minute may close its alert can: at a steady load.

Records are sent at the moment they say, one model of five drifting from the first, another one attacked by principals,
one after the other. An event's age is from its own time to the end of the insert that stored it. A close may come when
the minute and the lateness are over, a reading or an alert when its pane and the lateness are; their age is counted
from there. That of a notice, of an attack in the ledger (`attacks`) and of the first incident that has either is from
the query that decided. `early` counts attackers of whom a notice came before the ledger's alert, and `later` is how
long after the query that decided at the close the one that decided the notice was asked.

The first attacker begins after `--calm` seconds: of a model version that was never heard before, nothing is told until
its first minute has closed. Panes are a minute here and the lateness ten seconds, so that there are some. The sender
shares the machine, so full load is less than without it. Prints one line, per table its rows and the median, 99th
percentile and largest age in seconds; needs Apache Kafka.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.bench_attacks import TOLD
from tests.support.bench_worker import SERVING, TIMES, Child, fill, records
from tests.support.kafka import KafkaBroker
from tests.support.kafka_jars import HOW, NoKafka

# What was read is thrown away, or minutes at full load fill a small disk.
SMALL = {"log.segment.bytes": "67108864", "log.retention.bytes": "268435456", "log.retention.check.interval.ms": "5000"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-second", type=int, default=8000, help="events a second; give half of full load")
    parser.add_argument("--attackers", type=int, default=8, help="who search, one after the other")
    parser.add_argument("--seconds", type=int, default=200, help="how long to send")
    parser.add_argument("--calm", type=int, default=75, help="seconds before the first of them")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mirqab-bench-") as name:
        folder = Path(name)
        try:
            with KafkaBroker(folder / "kafka", java_options=SERVING, properties=SMALL) as broker:
                broker.create_topic("load", 4)
                options = ("--seconds", str(args.seconds + 12))
                child = Child(
                    broker.bootstrap,
                    "load",
                    "latency",
                    folder / "worker",
                    *options,
                    MIRQAB_LINE_PANE_MINUTES="1",
                    MIRQAB_LINE_LATENESS_SECONDS="10",
                )
                time.sleep(10)  # until it is up
                begun = time.time()
                made = records(
                    args.per_second * args.seconds,
                    models=5,
                    principals=100,  # as many as the watch on attacks hears of a model in every minute
                    per_second=args.per_second,
                    start=begun,
                    drifting="m1",
                    even=False,
                    attackers=args.attackers,
                    calm=args.per_second * args.calm,
                )
                fill(broker.bootstrap, "load", in_time(made, begun, args.per_second))
                behind = time.time() - begun - args.seconds
                found = child.result()
        except NoKafka as e:
            print(f"NOT RUN: {e}; to get it: {HOW}", file=sys.stderr)
            return 0
    if behind > 1:
        print(f"the sender fell {behind:.1f} s behind: ask for fewer a second", file=sys.stderr)
    names = (*TIMES, *TOLD, "later")
    told = " ".join(f"{name}={found[name][0]}:{'/'.join(f'{x:.2f}' for x in found[name][1:])}" for name in names)
    told += f" early={found['early']}/{args.attackers} rss_mb={found['rss_mb']:.0f}"
    print(f"latency per_second={args.per_second} {told}")
    return 0


def in_time(lines: Iterator[bytes], begun: float, per_second: int, step: float = 0.02) -> Iterator[bytes]:
    """The same, none before its time; waits are taken every `step` seconds."""
    every = max(1, int(per_second * step))
    for i, line in enumerate(lines):
        if i % every == 0:
            time.sleep(max(0.0, begun + i / per_second - time.time()))
        yield line


if __name__ == "__main__":
    sys.exit(main())
