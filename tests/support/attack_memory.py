"""A log judged by `monitors` alone, in memory: the alerts of `mirqab replay` without its files, servers and packages.

Blocks are as long as there, a baseline is in force from the next block on, and minutes close by the same `Shard`, so
alerts are the same; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from itertools import islice

import numpy as np
from msgspec import Struct
from msgspec.json import decode

from monitors.judge import Judge
from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from monitors.shard import Shard, ShardLimits
from schemas import alerts
from schemas.events import MINUTE_NS, RawRecord, Source, name_hash
from schemas.formats import Limits, load
from schemas.rules import Rule, load_rules
from schemas.settings import Settings
from schemas.summaries import Keyed, Progress, Summary, SummaryKey
from tests.support.attack_log import MONDAY, Log
from tests.support.attack_outcome import ROOT, Alert
from tests.support.benign import DAY

BLOCK = 128
LINGER = 1.0  # seconds; a live line publishes what has come at least so often
SECOND_NS = 1_000_000_000
SOURCE = Source("file", "log", 0)


def judged(log: Log) -> list[Alert]:
    """What shipped rules and default settings say of a log."""
    return memory(log).end()


def memory(log: Log, *, live: bool = False) -> Memory:
    """What judged a log, but for its last minutes. `live`: as it came, with looks at open minutes."""
    days = max(int(rows.ts_ns.max()) - MONDAY for _, rows, _ in log.parts) // DAY + 2
    memory = Memory(load_rules(ROOT / "monitors" / "rules"), MONDAY + days * DAY, live=live)
    memory.feed(log.lines())
    return memory


class Moment(Struct):
    """What is read of a line to cut the log."""

    ts: float


class Memory:
    """`feed` lines in order, then `end`; `alerts` has each as it last stood, and `notices` those told early.

    `named`: from when on each alert accused each principal, in seconds. Who opened it was named then, who joined it at
    the end of the minute that showed it.
    """

    def __init__(
        self, rules: tuple[Rule, ...], now_ns: int, settings: Settings | None = None, *, live: bool = False
    ) -> None:
        self.settings, self.now_ns = settings or Settings(), now_ns
        shards = self.settings.kafka.partitions
        self.decode, self.bounds = load("json_lines"), Bounds.of(self.settings, rules)
        self.judges = [Judge(self.settings, rules, shards) for _ in range(shards)]
        self.shards = [Shard(ShardLimits.of(self.settings), _known(judge)) for judge in self.judges]
        self.present: dict[tuple[str, str], Prepared] = {}
        self.known: dict[tuple[str, str], Prepared] = {}  # as the open block knows them
        self.alerts: dict[str, alerts.Alert] = {}
        self.notices: dict[str, alerts.Alert] = {}
        self.named: dict[str, dict[str, float]] = {}
        self.live = live
        self.watermark_ns = self.offset = self.messages = 0

    def feed(self, lines: Iterable[bytes]) -> None:
        """Log lines, in blocks; call once."""
        for block in lingering(lines) if self.live else _blocks(lines):
            records = [RawRecord(self.offset + i, each, self.now_ns) for i, each in enumerate(block)]
            batch = self.decode(records, SOURCE, Limits())
            self.known = dict(self.present)
            where = np.zeros(len(batch), dtype=np.int64)
            seen = observe(batch, where, 1, self.watermark_ns, self._choose, self.bounds)
            self.watermark_ns = int(seen.watermark_ns[-1])
            self._tell(self.offset + len(block), seen.on_time[0], idle=False)
            self.offset += len(block)

    def end(self) -> list[Alert]:
        """Let time run out; the alerts in their final state, in the order of their first evidence."""
        self._tell(self.offset, {}, idle=True)
        final = sorted(self.alerts.values(), key=lambda a: (a.first_seen_ns, a.rule, a.id))
        return [_plain(alert) for alert in final]

    def _choose(self, model: str, version: str, block: int) -> Prepared | None:
        return self.known.get((model, version))

    def _tell(self, until: int, summaries: dict[SummaryKey, Summary], idle: bool) -> None:
        parts: list[list[Keyed]] = [[] for _ in self.shards]
        for key in sorted(summaries):
            parts[name_hash(key.model) % len(parts)].append((key, summaries[key]))
        for judge, shard, mine in zip(self.judges, self.shards, parts, strict=True):
            said = SOURCE, self.offset, until - 1, True, 0, self.watermark_ns, self.now_ns, idle, True
            if self.live and shard.fresh is None:
                shard.news()
            shard.ingest(Progress(*said, mine), self.messages)
            for close in shard.closable():
                outcome = judge.close(close.minute_ns, close.summaries)
                for alert in outcome.alerts:
                    self._enter(alert, close.minute_ns + MINUTE_NS)
                self.notices.update((notice.id, notice) for notice in outcome.notices)
                for baseline in outcome.baselines:
                    prepared = Prepared(baseline)
                    judge.know(prepared)
                    self.present[baseline.model, baseline.version] = prepared
            if self.live and mine:
                self.notices.update((notice.id, notice) for notice in judge.look(shard.news()))
        self.messages += 1

    def _enter(self, alert: alerts.Alert, at_ns: int) -> None:
        self.alerts[alert.id] = alert
        if alert.opened_ns is None:
            return
        since = at_ns if alert.id in self.named else alert.opened_ns
        for principal in alert.principals:
            self.named.setdefault(alert.id, {}).setdefault(principal, since / SECOND_NS)


def _blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    rest = iter(lines)
    while block := list(islice(rest, BLOCK)):
        yield block


def lingering(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lines in blocks as a live line has them: what is from the same moments, if that is not too much."""
    block: list[bytes] = []
    until = 0.0
    for line in lines:
        at = decode(line, type=Moment).ts
        if block and (at >= until or len(block) == BLOCK):
            yield block
            block = []
        until = until if block else at + LINGER
        block.append(line)
    if block:
        yield block


def _known(judge: Judge) -> Callable[[str, str], bool]:
    return lambda model, version: (model, version) in judge.states


def _plain(alert: alerts.Alert) -> Alert:
    """As a line of `alerts.jsonl`, without what no one here reads."""
    plain = {name: getattr(alert, name) for name in ("id", "rule", "family", "level", "p", "n", "summary")}
    first, opened = alert.first_seen_ns / SECOND_NS, None if alert.opened_ns is None else alert.opened_ns / SECOND_NS
    return plain | asdict(alert.series) | {"principals": list(alert.principals), "first_seen": first, "opened": opened}
