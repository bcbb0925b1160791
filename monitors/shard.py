"""Progress messages to closed minutes: which minutes are complete, what they add up to, and what came too late.

A minute closes when every source partition's watermark is `lateness` past its end. A partition at its end (`idle`) does
not hold minutes open; when all are idle, time goes on by their ticks as long as those are near the newest event, else
the minutes seen so far are flushed. What a close counted is recorded in it, so a replay of closes never decides again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from schemas.events import MINUTE_NS, Source, name_hash
from schemas.queries import Queries
from schemas.settings import Settings
from schemas.summaries import Keyed, Progress, Summary, SummaryKey, merge

SECOND_NS = 1_000_000_000
AT_ONCE = 4  # ended blocks: adding two by two costs a third more, and more at once is more to hold
REMEMBERED = 2000  # closes of which the counted offsets are kept, to tell late data from repeated data


class SourceState(msgspec.Struct):
    """What is known of one source partition."""

    watermark_ns: int = 0
    tick_ns: int = 0
    last: int = -1
    idle: bool = False
    ended: int = -1  # blocks that begin at or before this offset are complete: a later one has begun


@dataclass(slots=True)
class Counted:
    """One key's open minute: ended blocks, added `AT_ONCE` at a time, and open ones, which are still replaceable."""

    ended: list[Summary] = field(default_factory=list)
    open: dict[tuple[Source, int], tuple[int, Summary]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Late:
    """What one block said of a minute that had closed."""

    source: Source
    first: int
    last: int
    key: SummaryKey
    summary: Summary


@dataclass(frozen=True, slots=True)
class Close:
    """One closed minute. `position`: last message counted; `floor`: oldest message an open minute still needs."""

    minute_ns: int
    position: int
    floor: int
    tick_ns: int
    sources: dict[Source, SourceState]
    summaries: dict[SummaryKey, Summary]


@dataclass(frozen=True, slots=True)
class ShardLimits:
    """Bounds of one shard, ns and counts."""

    lateness_ns: int
    live_ns: int
    max_keys: int
    max_principals: int
    max_predictions: int
    max_sample: int = 512
    max_queries: tuple[int, int] = (0, 0)

    @staticmethod
    def of(settings: Settings) -> ShardLimits:
        line = settings.line
        return ShardLimits(
            lateness_ns=line.lateness_seconds * SECOND_NS,
            live_ns=int(line.live_seconds * SECOND_NS),
            max_keys=2 * line.max_models,
            max_principals=line.max_principals,
            max_predictions=line.max_predictions,
            max_queries=(line.max_query_principals, line.max_queries),
        )


class Shard:
    """The open minutes of one partition of the summaries topic. `known(model, version)` keeps a name from eviction."""

    def __init__(self, limits: ShardLimits, known: Callable[[str, str], bool]) -> None:
        self.limits, self.known = limits, known
        self.sources: dict[Source, SourceState] = {}
        self.expected: set[tuple[str, int]] = set()
        self.minutes: dict[int, dict[SummaryKey, Counted]] = {}
        self.first_message: dict[int, int] = {}
        self.keys_of_block: dict[tuple[Source, int], set[SummaryKey]] = {}
        self.cut: dict[int, int] = {}  # per minute the smallest hash refused
        self.evicted = 0
        self.closed_ns = -1
        self.position = -1
        self.fresh: dict[SummaryKey, dict[tuple[Source, int], Queries]] | None = None  # None: nobody looks at them
        self.settled = -1  # position of the newest restored close: up to there its sources say more than a message
        self.counted: dict[Source, list[tuple[int, int]]] = {}  # (closed minute, last offset counted)

    def expect(self, partitions: Iterable[tuple[str, int]]) -> None:
        """The (topic, partition) pairs that exist: none of them may be forgotten when a minute closes."""
        self.expected = set(partitions)

    def restore(self, closed_ns: int, sources: dict[Source, SourceState], position: int) -> None:
        """Continue after a stored close; call in order for as many closes as are remembered."""
        self.closed_ns = closed_ns
        self.settled = max(self.settled, position)
        for source, state in sources.items():
            self._remember(source, closed_ns, state.last)
            self.sources[source] = msgspec.structs.replace(state, ended=-1)

    def ingest(self, message: Progress, position: int) -> list[Late]:
        """Take one message; returns what it says of closed minutes. Repeated messages change nothing."""
        self.position = max(self.position, position)
        state = self._state(message.source)
        late = [Late(message.source, message.first, message.last, *keyed) for keyed in message.late]
        if message.first > state.ended:
            self._end_blocks(message.source, message.first)
            state.ended = message.first - 1
            for keyed in message.summaries:
                minute = keyed[0].minute_ns
                if minute > self.closed_ns:
                    self._count(message, keyed, position)
                elif message.first > self._counted_up_to(message.source, minute):
                    late.append(Late(message.source, message.first, message.last, *keyed))
        if message.last_part:
            state.watermark_ns = max(state.watermark_ns, message.watermark_ns)
            state.last = max(state.last, message.last)
            state.tick_ns = max(state.tick_ns, message.tick_ns)
            if position > self.settled:
                state.idle = message.idle
        return late

    def _state(self, source: Source) -> SourceState:
        if source not in self.sources:
            # A topic that was deleted and made again has a new log_id; what the old one said of time is void.
            stale = [s for s in self.sources if s.topic == source.topic and s.partition == source.partition]
            for old in stale:
                del self.sources[old]
            self.sources[source] = SourceState()
        return self.sources[source]

    def _count(self, message: Progress, keyed: Keyed, position: int) -> None:
        key, summary = keyed
        minute = key.minute_ns
        keys = self.minutes.setdefault(minute, {})
        self.first_message[minute] = min(self.first_message.get(minute, position), position)
        if key not in keys and not self._room(minute, keys, key):
            self.evicted += 1
            return
        counted = keys.setdefault(key, Counted())
        block = (message.source, message.first)
        before = counted.open.get(block)
        if before is None or before[0] <= message.last:
            counted.open[block] = (message.last, summary)
            self.keys_of_block.setdefault(block, set()).add(key)
            if self.fresh is not None and summary.queries.of:
                self.fresh.setdefault(key, {})[block] = summary.queries

    def news(self) -> dict[SummaryKey, list[Queries]]:
        """Queries of open minutes, block by block, that came since this was asked last; whoever asks once is told."""
        fresh, self.fresh = self.fresh or {}, {}
        return {key: list(blocks.values()) for key, blocks in fresh.items() if key.minute_ns in self.minutes}

    def _room(self, minute: int, keys: dict[SummaryKey, Counted], key: SummaryKey) -> bool:
        """Beyond the limit the unknown names with the smallest hash stay: the same ones whatever order they came in."""
        if self.known(key.model, key.version):
            return True
        mine = name_hash(f"{key.model}\x1f{key.version}")
        if mine >= self.cut.get(minute, 1 << 64):
            return False
        unknown = [k for k in keys if not self.known(k.model, k.version)] if len(keys) >= self.limits.max_keys else []
        if len(unknown) < self.limits.max_keys:
            return True
        worst = max(unknown, key=lambda k: name_hash(f"{k.model}\x1f{k.version}"))
        self.cut[minute] = max(mine, name_hash(f"{worst.model}\x1f{worst.version}"))
        if self.cut[minute] == mine:
            return False
        del keys[worst]
        self.evicted += 1
        return True

    def _end_blocks(self, source: Source, first: int) -> None:
        """A block never changes once a later one has begun: add those before `first` and forget them.

        Not already when its writer calls it final: a worker that lost its partition unawares may end a block short of
        where the partition's new owner goes on with it.
        """
        for block in [block for block in self.keys_of_block if block[0] == source and block[1] < first]:
            for key in self.keys_of_block.pop(block):
                counted = self.minutes.get(key.minute_ns, {}).get(key)
                if counted is not None and block in counted.open:
                    _, summary = counted.open.pop(block)
                    counted.ended.append(summary)
                    if len(counted.ended) >= AT_ONCE:
                        counted.ended = [self._merge(counted.ended)]

    def closable(self) -> list[Close]:
        """Close every minute that is complete, in order; with none open, the newest complete one, so time goes on."""
        bound = self._watermark()
        if bound is None:
            return []
        newest = (bound - self.limits.lateness_ns) // MINUTE_NS * MINUTE_NS - MINUTE_NS
        ready = sorted(minute for minute in self.minutes if minute <= newest)
        if (self.closed_ns >= 0 or ready) and newest > max(self.closed_ns, ready[-1] if ready else -1):
            ready.append(newest)
        return [self._close(minute) for minute in ready]

    def _close(self, minute: int) -> Close:
        keys = self.minutes.pop(minute, {})
        self.first_message.pop(minute, None)
        self.cut.pop(minute, None)
        summaries = {}
        for key in sorted(keys):
            parts = [summary for _, summary in keys[key].open.values()]
            summaries[key] = self._merge([*keys[key].ended, *parts])
        self.closed_ns = minute
        sources = {source: msgspec.structs.replace(state) for source, state in sorted(self.sources.items())}
        for source, state in sources.items():
            self._remember(source, minute, state.last)
        tick = max((state.tick_ns for state in sources.values()), default=0)
        return Close(minute, self.position, self.floor(), tick, sources, summaries)

    def floor(self) -> int:
        """Oldest message still needed: by an open minute, else the next one."""
        return min(self.first_message.values(), default=self.position + 1)

    def _watermark(self) -> int | None:
        """How far event time has come; None while an expected partition has not been heard of."""
        heard = {(source.topic, source.partition) for source in self.sources}
        if not self.sources or not self.expected <= heard:
            return None
        states = [s for source, s in self.sources.items() if (source.topic, source.partition) in self.expected]
        if not states:
            states = list(self.sources.values())
        active = [state.watermark_ns for state in states if not state.idle]
        if active:
            return min(active)
        newest = max(state.watermark_ns for state in states)
        if newest <= 0:
            return None
        tick = min(state.tick_ns for state in states)
        if tick - newest <= self.limits.live_ns:
            return max(newest, tick)
        return newest + self.limits.lateness_ns + MINUTE_NS

    def _remember(self, source: Source, minute: int, last: int) -> None:
        marks = self.counted.setdefault(source, [])
        marks.append((minute, last))
        if len(marks) > REMEMBERED:
            del marks[: -REMEMBERED // 2]

    def _counted_up_to(self, source: Source, minute: int) -> int:
        """Last offset of a source that the close of a minute (or the next one after it) could count."""
        marks = self.counted.get(source, [])
        at = bisect_left(marks, (minute, -1))
        return marks[at][1] if at < len(marks) else -1

    def _merge(self, parts: list[Summary]) -> Summary:
        limits = self.limits
        return merge(
            parts,
            max_principals=limits.max_principals,
            max_predictions=limits.max_predictions,
            max_sample=limits.max_sample,
            max_queries=limits.max_queries,
        )
