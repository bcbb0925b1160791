"""Notices that a worker makes no progress although there is something to do, and says why.

"The process is alive" says nothing: a consumer can be dead while its heartbeat lives, and a store can swallow a write.
Looks at: pieces of work that take too long, a broker that does not answer, partitions with records that never arrive,
a group that deals no partitions, and floors that are not committed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from schemas.errors import Stalled
from streams.lanes import Lanes
from streams.store import Store

SECOND_NS = 1_000_000_000


class Watchdog:
    """`look` raises Stalled with the reason once something has stood still for `seconds`."""

    def __init__(self, seconds: float, wall: Callable[[], int], lanes: Lanes, store: Store) -> None:
        self.seconds, self.wall, self.lanes, self.store = seconds, wall, lanes, store
        self.answered = wall()
        self.moved: dict[Any, int] = {}
        self.uncommitted: dict[Any, tuple[int, int]] = {}  # partition: what is committed, and since when
        self.dealing_since: int | None = wall()  # when the group began to deal partitions; None: it has
        self.ticking_since: int | None = None  # when the timer that ends blocks began what it is at

    def fetched(self, partition: Any) -> None:
        """A batch of this partition arrived."""
        self.moved[partition] = self.wall()

    def moving(self, key: Any) -> None:
        """What is in work in this lane is long and makes progress: a judge that is being rebuilt."""
        lane = self.lanes.lanes.get(key)
        if lane is not None and lane.busy_since is not None:
            lane.busy_since = self.wall()

    def dealing(self) -> None:
        """We ask the group for partitions, or it takes them back to deal them anew."""
        self.dealing_since = self.wall()

    def dealt(self) -> None:
        """The group said what is ours, be it nothing."""
        self.dealing_since = None

    def silent(self, why: str) -> None:
        """The consumer did not answer; raises Stalled after too long."""
        if self._old(self.answered):
            raise Stalled(f"no progress for {self.seconds:.0f} s: {why}; restart the worker")

    def look(self, states: Sequence[Any], at_end: Collection[Any]) -> None:
        """`states` are the assigned partitions; `at_end` those with nothing left to read."""
        now = self.wall()
        busy = self.lanes.longest_busy()
        if self.ticking_since is not None and (busy is None or self.ticking_since < busy[1]):
            busy = "timer", self.ticking_since
        if busy is not None and self._old(busy[1]):
            error = getattr(self.store, "last_error", "")
            why = f"the store does not take rows ({error})" if error else "one batch does not come to an end"
            raise Stalled(f"{busy[0]}: no progress for {self.seconds:.0f} s: {why}")
        answers = [state.answered_seconds for state in states if state.answered_seconds is not None]
        if not states or any(seconds < self.seconds for seconds in answers):
            self.answered = now
        self.silent("the broker does not answer fetches")
        # A partition that was away and comes back has not stood still meanwhile.
        assigned = {state.partition for state in states}
        self.moved = {partition: at for partition, at in self.moved.items() if partition in assigned}
        working = {key for key, lane in self.lanes.lanes.items() if lane.busy_since is not None}
        for state in states:
            if state.partition in at_end or state.partition in working:
                self.moved[state.partition] = now
            elif self._old(self.moved.setdefault(state.partition, now)):
                raise Stalled(
                    f"{state.partition}: no progress for {self.seconds:.0f} s at offset {state.position} of "
                    f"{state.end}: the consumer is dead; restart the worker"
                )

    def look_at_group(self, uncommitted: Mapping[Any, int]) -> None:
        """`uncommitted` are partitions whose floor is ahead of what is committed, and what that is."""
        now = self.wall()
        if self.dealing_since is not None and self._old(self.dealing_since):
            raise Stalled(f"no progress for {self.seconds:.0f} s: the consumer group deals no partitions")
        before, self.uncommitted = self.uncommitted, {}
        for partition, offset in uncommitted.items():
            was, since = before.get(partition, (offset, now))
            self.uncommitted[partition] = offset, since if was == offset else now
            if self._old(self.uncommitted[partition][1]):
                raise Stalled(
                    f"{partition}: no progress for {self.seconds:.0f} s: what is stored cannot be committed beyond "
                    f"offset {offset}; does the group's coordinator answer?"
                )

    def _old(self, since: int) -> bool:
        return self.wall() - since > self.seconds * SECOND_NS
