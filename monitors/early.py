"""Attacks told before their minute closes: a watch on queries as they come, and what became of what it told.

Beside the watch of the closes stands a copy of it that goes on with the queries in the order in which they arrive. It
pays from a share of its own (`Purse.ahead`), spent with the time of the queries, and its test may be looked at after
every query (`monitors.wealth`), so however often it looks, P(a benign principal is ever told of) is within that share.
The closes' state is only copied, never changed: the ledger is the same with and without it.

What it tells is a notice: the alert as the ledger would open it, under the id it would give. At a close the ledger has
that alert (*confirmed*), has one that names the principal (*joined*), or the notice waits, because of a busy minute it
saw other queries than the close; after `PATIENCE` more minutes it is *withdrawn*.

When it does not work: campaigns through many light accounts, texts, and whatever is done in a model version's first
minute, are told at the close. Of who asks more often than a minute keeps queries only those that come first are seen,
so an attack that begins later in the minute is told at its close, or in the next one. With a part of the budget a copy
decides a query or two later than the closes would. After a start, or where minutes close before anybody looked, a copy
is made anew: its capital is then the share of what the closes' has become.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from monitors.attacks import METRICS
from monitors.modelstate import ModelState
from monitors.prepared import Prepared
from monitors.signatures import Hashes
from monitors.watch import Finding, Watch, by_principal
from monitors.week import HOUR_NS, WEEK_NS, week_of
from schemas.alerts import CONFIRMED, JOINED, RESOLVED, TOLD, WITHDRAWN, Alert, Transition
from schemas.events import MINUTE_NS, Ints
from schemas.queries import Queries, Records, turn_hash

PATIENCE = 10  # minutes that a notice waits for the closes
IDLE_NS = HOUR_NS  # without queries, after which a copy is given up
Ids = tuple[str, str]  # of a model version


@dataclass(slots=True)
class Counted:
    """Of one open minute: hashes of the queries that were counted, and how many of each principal."""

    hashes: Hashes = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    of: dict[str, int] = field(default_factory=dict)


class Ahead:
    """One model version's queries as they come. `most`: principals of a minute, and queries of each of them."""

    def __init__(self, watch: Watch, share: float, most: tuple[int, int]) -> None:
        self.watch, self.most = watch.copy(share), most
        self.minutes: dict[int, Counted] = {}
        self.until_ns = 0  # time of the newest query
        self.since_ns: int | None = None  # the first minute that was looked at

    def look(self, minute_ns: int, queries: Sequence[Queries], prepared: Prepared, per_minute: float) -> list[Finding]:
        """What the queries say that were not counted yet, all of one minute; `per_minute` is what that may cost."""
        self.since_ns = minute_ns if self.since_ns is None else self.since_ns
        for each in queries:
            self.watch.add(each, prepared)
        waiting, self.watch.waiting = self.watch.waiting, []
        if not waiting:
            return []
        names, who, rows = by_principal(waiting)
        who, rows = self._new(minute_ns, waiting[0].turn, names, who, rows)
        if not len(rows):
            return []
        heard, who = np.unique(who, return_inverse=True)
        newest = int(rows["time"].max())
        passed = min(newest - max(self.until_ns, minute_ns), MINUTE_NS) / MINUTE_NS
        self.until_ns = max(self.until_ns, newest)
        return self.watch.judge([names[i] for i in heard.tolist()], who, rows, per_minute * max(0.0, passed))

    def _new(self, minute_ns: int, turn: int, names: Sequence[str], who: Ints, rows: Records) -> tuple[Ints, Records]:
        """Those not seen before, of as many principals and of each as many as a minute keeps."""
        counted = self.minutes.setdefault(minute_ns, Counted())
        principals, queries = self.most
        kept = {*sorted({*counted.of, *names}, key=lambda name: turn_hash(turn, name))[:principals]}
        left = np.array([queries - counted.of.get(name, 0) if name in kept else 0 for name in names])
        new = np.flatnonzero(~np.isin(rows["hash"], counted.hashes))
        new = new[np.sort(np.unique(rows["hash"][new], return_index=True)[1])]
        mine = who[new]
        new = new[np.arange(len(new)) - np.searchsorted(mine, mine) < left[mine]]
        counted.hashes = np.append(counted.hashes, rows["hash"][new])
        for place, many in enumerate(np.bincount(who[new], minlength=len(names)).tolist()):
            counted.of[names[place]] = counted.of.get(names[place], 0) + many
        return who[new], rows[new]


class Early:
    """The watches of one shard that are ahead, and every notice of this week. `settle` is called at every close."""

    def __init__(self, share: float, most: tuple[int, int]) -> None:
        self.share, self.most = share, most
        self.ahead: dict[Ids, Ahead] = {}
        self.notices: dict[str, Alert] = {}

    @property
    def open(self) -> list[Alert]:
        """Notices of which no close has said anything yet."""
        return [notice for _, notice in sorted(self.notices.items()) if notice.early == TOLD]

    def restore(self, notices: Iterable[Alert]) -> None:
        """What was told, and what became of it, before the first close that is judged from here on."""
        self.notices = {notice.id: notice for notice in notices}

    def look(self, state: ModelState, minute_ns: int, queries: Sequence[Queries], prepared: Prepared) -> list[Alert]:
        """Notices of what has come of a model's open minute; each alert is told once."""
        budget, accuser = state.purse.ahead(), state.accuser
        if not budget.ticket or not accuser.rules:
            return []
        if (state.model, state.version) not in self.ahead:
            # Of the attack budget the close's part and this one are as 1 - share is to share, and so is the capital.
            before = self.share / max(1 - self.share, self.share)
            self.ahead[state.model, state.version] = Ahead(accuser.watch, before, self.most)
        ahead = self.ahead[state.model, state.version]
        findings = ahead.look(minute_ns, queries, prepared, budget.ticket)
        named = {(n.series.model, n.series.version, who) for n in self.open for who in n.principals}
        news = [found for found in findings if (state.model, state.version, found.principal) not in named]
        told = accuser.foretell(news, ahead.watch, budget)
        fresh = [replace(alert, early=TOLD) for alert in told if alert.id not in self.notices]
        self.notices.update((alert.id, alert) for alert in fresh)
        return fresh

    def settle(self, minute_ns: int, heard: Iterable[Ids], states: Mapping[Ids, ModelState]) -> list[Alert]:
        """What this close makes of the notices of its minute and those before it, in order of their ids."""
        self._move_on(minute_ns, {*heard})
        settled = []
        for notice in self.open:
            if notice.first_seen_ns < minute_ns + MINUTE_NS:
                now = _settled(notice, minute_ns, states.get((notice.series.model, notice.series.version)))
                if now is not None:
                    settled.append(now)
        self.notices.update((notice.id, notice) for notice in settled)
        self.notices = {id: each for id, each in self.notices.items() if each.first_seen_ns > minute_ns - WEEK_NS}
        return settled

    def _move_on(self, minute_ns: int, heard: set[Ids]) -> None:
        """Forget the minute; a copy that did not see it, or belongs to another week, or to nobody, is given up."""
        for ids, ahead in list(self.ahead.items()):
            missed = ids in heard and minute_ns not in ahead.minutes and minute_ns > (ahead.since_ns or 0)
            past = week_of(ahead.until_ns) < week_of(minute_ns + MINUTE_NS) or ahead.until_ns < minute_ns - IDLE_NS
            if missed or past:
                del self.ahead[ids]
            else:
                ahead.minutes = {each: counted for each, counted in ahead.minutes.items() if each > minute_ns}

    def acquit(self, alerts: Iterable[Alert]) -> None:
        """Principals whose alert has ended are watched anew, as the watch of the closes does it."""
        for alert in alerts:
            ahead = self.ahead.get((alert.series.model, alert.series.version))
            if alert.state == RESOLVED and alert.series.metric in METRICS and ahead is not None:
                for principal in alert.principals:
                    ahead.watch.acquit(principal)


def _settled(notice: Alert, minute_ns: int, state: ModelState | None) -> Alert | None:
    """The notice as this close leaves it, if it is settled."""
    at_ns = minute_ns + MINUTE_NS
    ledger = None if state is None else state.accuser.standing(notice)
    if ledger is not None and ledger.id == notice.id:
        return _end(notice, CONFIRMED, at_ns, f"confirmed when its minute had closed: {ledger.transitions[0].reason}")
    if ledger is not None:
        return replace(_end(notice, JOINED, at_ns, f"it is part of alert {ledger.id}"), told_as=ledger.id)
    if notice.first_seen_ns // MINUTE_NS * MINUTE_NS + PATIENCE * MINUTE_NS > minute_ns:
        return None
    track = None if state is None else state.accuser.watch.tracks.get(notice.series.principal)
    found = "nothing of it is left" if track is None else f"p {track.wealth.p(float(track.wealth.stakes.mean())):.1e}"
    return _end(notice, WITHDRAWN, at_ns, f"withdrawn: {PATIENCE} minutes later the closed minutes say {found}")


def _end(notice: Alert, early: str, at_ns: int, reason: str) -> Alert:
    over = (*notice.transitions, Transition(at_ns, RESOLVED, reason))
    return replace(notice, early=early, state="resolved", resolved_ns=at_ns, transitions=over)
