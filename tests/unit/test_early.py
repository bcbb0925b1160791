"""What is told before a minute closes: paid from its own share, however often one looks; nothing else is touched."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from monitors.early import PATIENCE, Ahead, Early
from monitors.judge import Judge
from monitors.purse import Purse
from monitors.watch import Finding, Watch
from schemas.alerts import CONFIRMED, JOINED, TOLD, WITHDRAWN, Alert
from schemas.events import MINUTE_NS
from schemas.queries import NONE, Queries, records
from schemas.summaries import SummaryKey
from tests.support.queries import asks, prepared, seen
from tests.support.traffic import MONDAY, RULES, Made, observed, rich, small_settings, traffic

START_NS = MONDAY * 10**9
MOST = (128, 64)
(HEARD,) = observed(Made().add(traffic(1, 30, change=rich)).records, prepared=prepared()).values()


def looked(ahead: Ahead, queries: list[Queries], times: int = 1, per_minute: float = 1e-6) -> list[Finding]:
    """What was found in minutes that come one after the other, each looked at so many times."""
    found = []
    for i, each in enumerate(queries):
        for _ in range(times):
            found += ahead.look(START_NS + i * MINUTE_NS, [each], prepared(), per_minute)
    return [each for each in found if each.p <= each.allowed]


def test_looking_again_at_the_same_queries_says_nothing_more() -> None:
    once, often = Ahead(Watch(256), 1.0, MOST), Ahead(Watch(256), 1.0, MOST)
    queries = seen(asks(80, "search"))
    assert looked(once, queries)
    assert looked(often, queries, times=5) == looked(Ahead(Watch(256), 1.0, MOST), queries)
    assert often.watch.dump() == once.watch.dump()


def test_however_it_is_cut_no_more_is_spent_than_the_time_of_the_queries_allows() -> None:
    ahead, ends = Ahead(Watch(256), 1.0, MOST), range(6, 61, 6)
    for i, minute in enumerate(seen(asks(200, "ordinary"))):
        at_ns, rows = START_NS + i * MINUTE_NS, records(minute.of["eve"], minute.width)
        for packed in (rows[rows["time"] < at_ns + end * 10**9].tobytes() for end in ends):
            ahead.look(at_ns, [Queries(minute.turn, minute.width, {"eve": packed})], prepared(), 1.0)
    (track,) = ahead.watch.tracks.values()
    assert 9 < track.wealth.spent <= 10


def test_of_a_busy_principal_no_more_is_counted_than_a_minute_keeps() -> None:
    ahead = Ahead(Watch(256), 1.0, (128, 10))
    looked(ahead, seen(asks(40, "ordinary")))
    assert ahead.watch.tracks["eve"].queries == 20


def test_a_copy_goes_on_apart() -> None:
    watch = Watch(256)
    for queries in seen(asks(20, "search")):
        watch.add(queries, prepared())
    watch.minute(1e-6)
    before = msgspec.json.encode(watch.dump())
    ahead = Ahead(watch, 0.5, MOST)
    assert ahead.watch.tracks["eve"].wealth.spent == pytest.approx(watch.tracks["eve"].wealth.spent / 2)
    looked(ahead, seen(asks(60, "search")))
    assert msgspec.json.encode(watch.dump()) == before


def test_both_shares_together_are_what_attacks_may_spend() -> None:
    whole, parted = (Purse(1.0, 1.0, 1, 5, budgeted=True, early=early) for early in (0.0, 0.25))
    assert parted.attacks().ticket + parted.ahead().ticket == pytest.approx(whole.attacks().ticket)
    assert whole.ahead().ticket == 0.0


class Story:
    """A judge of one model, its minutes as they come and close."""

    def __init__(self) -> None:
        self.judge = Judge(small_settings(), RULES)
        self.judge.know(prepared())
        self.now = 0
        self.close()

    def key(self) -> SummaryKey:
        return SummaryKey("card", "1", "", START_NS + self.now * MINUTE_NS, prepared().id)

    def look(self, queries: Queries) -> list[Alert]:
        return self.judge.look({self.key(): [queries]})

    def close(self, queries: Queries = NONE) -> list[Alert]:
        """The minute, with no more than was heard in the first one, and these queries."""
        outcome = self.judge.close(START_NS + self.now * MINUTE_NS, {self.key(): replace(HEARD, queries=queries)})
        self.now += 1
        return outcome.notices


def _minutes(kind: str, who: str = "eve") -> list[Queries]:
    return seen(asks(40, kind, who, start=MONDAY + 60))


def test_another_sample_of_the_minute_gives_the_same_alert_the_same_id() -> None:
    story, (first, _) = Story(), _minutes("search")
    (notice,) = story.look(first)
    assert (notice.early, notice.principals) == (TOLD, ("eve",))
    rows = records(first.of["eve"], first.width)
    others = rows[rows["time"] != notice.first_seen_ns].tobytes()
    less = Queries(first.turn, first.width, {"eve": others})
    (end,) = story.close(less)
    assert (end.id, end.early, end.told_as) == (notice.id, CONFIRMED, "")
    state = story.judge.states["card", "1"]
    assert [a.id for _, _, a in state.ledger.open_on(state.accuser.rules)] == [notice.id]


def test_what_the_closes_do_not_say_is_withdrawn_in_time() -> None:
    story, (first, _) = Story(), _minutes("search")
    (notice,) = story.look(first)
    assert story.look(first) == []
    ends = [(story.now, end) for _ in range(PATIENCE + 3) for end in story.close()]
    ((minute, end),) = ends
    assert (minute, end.id, end.early) == (PATIENCE + 2, notice.id, WITHDRAWN)
    assert end.transitions[-1].reason.startswith("withdrawn: ")


def test_a_notice_joins_the_alert_that_names_its_principal() -> None:
    early = Early(0.25, MOST)
    story, (first, _) = Story(), _minutes("search")
    (notice,) = story.look(first)
    story.close(first)
    early.restore([replace(notice, id="other")])
    (end,) = early.settle(START_NS + MINUTE_NS, [], story.judge.states)
    assert (end.early, end.told_as) == (JOINED, notice.id)


def test_a_summary_without_queries_is_no_news() -> None:
    assert Story().look(Queries()) == []
