"""What befalls the line: workers killed at random moments, a broker and a store that fail, workers that come and go.

Everything is drawn from a seeded generator; what the machine does in between is not, which is the point.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

from tests.support.clickhouse import ClickHouseProcess
from tests.support.kafka import KafkaBroker
from tests.support.line import Workers


@dataclass(slots=True)
class Storm:
    """`kills` lives of a worker, each ended by SIGKILL; the other faults once each, on the way.

    The block size grows on the way, and shrinks: blocks that were begun keep their ends.
    """

    workers: Workers
    broker: KafkaBroker
    store: ClickHouseProcess
    count: int
    kills: int
    seed: int = 1
    store_fails_seconds: float = 8.0
    longest_life: float = 8.0
    told: list[str] = field(default_factory=list)

    def run(self) -> int:
        """Let it pass; returns how many workers were killed. Ends with two workers of which one was told to leave."""
        rng = random.Random(self.seed)
        faults = {self.kills // 4: self._broker_dies, self.kills // 2: self._store_fails}
        for life in range(self.kills):
            self._start(rng, block=(600, 900, 400)[3 * life // self.kills])
            if life in faults:
                faults[life]()
            self._live(rng.uniform(0.1, self.longest_life), self.count * (life + rng.random()) / self.kills)
            self.workers.kill()
        self._start(rng, block=900)
        self._guest(rng)
        return self.kills

    def _live(self, seconds: float, records: float) -> None:
        """Until the time is over or so many records are read: a quick machine must not be done before the storm."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.workers.stored() < records:
            time.sleep(0.1)

    def _start(self, rng: random.Random, block: int) -> None:
        self.workers.start_up(
            MIRQAB_KAFKA_MAX_POLL_RECORDS=str(rng.choice([53, 400, 2000, 5000])),
            MIRQAB_LINE_BLOCK_RECORDS=str(block),
        )

    def _broker_dies(self) -> None:
        self.told.append("the broker was killed and started again")
        self.broker.kill()
        time.sleep(1)
        self.broker.start()

    def _store_fails(self) -> None:
        self.told.append(f"the store failed for {self.store_fails_seconds:.0f} s")
        self.store.fail(self.store_fails_seconds, "503")

    def _guest(self, rng: random.Random) -> None:
        """A second worker joins, works for a while and is told to leave."""
        guest = self.workers.start_up(MIRQAB_LINE_BLOCK_RECORDS="900")
        time.sleep(rng.uniform(4, 8))
        guest.terminate()
        assert guest.wait(timeout=30) == 0, "a worker that is told to end exits with 0"
        self.workers.running.remove(guest)
        self.told.append("a second worker joined and left")
