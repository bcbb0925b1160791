"""All principals of one model version as the threats of `monitors.talks` see them: who asks what nobody honest would.

Against each observation stand bets; capital that wins multiplies, and what a turn costs is paid before it is judged
(`monitors.wealth`). Benign rates are the threats' own, or more where the baseline or most other principals of late had
more. State is of this week only: on Monday salts change, and everything starts afresh. Memory is bounded: of more than
`MOST` principals those not heard longest go first.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np

from monitors.prepared import Prepared
from monitors.talk import Crowd, Past, TalkLaw, law
from monitors.talks import THREATS
from monitors.wealth import RISES, Wealth, odds
from monitors.week import HOUR_NS
from schemas.events import Floats
from schemas.texts import TextRow, Texts

MOST = 1024
NULL = np.array([rate for threat in THREATS for rate in threat.NULLS])
STREAMS = tuple(f"{threat.METRIC} {i}" for threat in THREATS for i in range(len(threat.NULLS)))
PARTS = {threat.METRIC: [i for i, name in enumerate(STREAMS) if name.split()[0] == threat.METRIC] for threat in THREATS}
TIMES = 3.0  # what the baseline has, and what the middle one of the others has, may be so much more with one principal
KNOWN, OTHERS = 8, 3  # turns after which a principal is one of the others; fewer others say nothing
# Some honest principals like such words: their rate is that of all but one in twenty who have said so much.
LIKES, SEASONED = 0.95, 20
FEW = 24  # of more principals the middle one is the same with and without any one of them
RAISED = 0.01  # capital from which a reading is given
FORM = f"{STREAMS} {RISES}"


class WrittenTalker(msgspec.Struct):
    """A `Talker` in a profile."""

    past: Past
    stakes: list[list[float]]
    hits: list[int]
    asked: list[int]
    spent: float
    turns: int
    last_ns: int


class Talker:
    """One principal. `hits` and `asked` are per observation."""

    def __init__(self) -> None:
        self.past = Past()
        self.wealth = Wealth(len(STREAMS))
        self.hits, self.asked = np.zeros(len(STREAMS), dtype=np.int64), np.zeros(len(STREAMS), dtype=np.int64)
        self.turns = self.last_ns = 0

    @property
    def rates(self) -> Floats:
        """Share of yes among what was asked, per observation."""
        return np.asarray(self.hits / np.maximum(1, self.asked))

    def dump(self) -> WrittenTalker:
        wealth = self.wealth
        counts = self.hits.tolist(), self.asked.tolist()
        return WrittenTalker(self.past, wealth.stakes.tolist(), *counts, wealth.spent, self.turns, self.last_ns)

    @staticmethod
    def load(w: WrittenTalker) -> Talker:
        talker = Talker()
        talker.past, talker.turns, talker.last_ns = w.past, w.turns, w.last_ns
        talker.wealth.stakes, talker.wealth.spent = np.array(w.stakes), w.spent
        talker.hits, talker.asked = np.array(w.hits), np.array(w.asked)
        return talker


class Heard(NamedTuple):
    """What one minute added about one principal. `at_ns`: the turn that made the capital what it is."""

    principal: str
    metric: str
    at_ns: int
    n: int
    p: float
    allowed: float
    effect: float  # of its turns, the share that was a reason, beyond the benign rate
    past: Past


class Usual(NamedTuple):
    """What a yes and a no multiply capital by: of a few principals each against the others, else the same for all."""

    own: dict[str, tuple[Floats, Floats]]
    all: tuple[Floats, Floats] | None

    def of(self, who: str) -> tuple[Floats, Floats]:
        found = self.own.get(who, self.all)
        assert found is not None
        return found


class WrittenTalks(msgspec.Struct):
    """A `TalkWatch` in a profile. `form` says what stakes mean; of another form nothing is taken over."""

    form: str = ""
    baseline: str = ""
    talkers: dict[str, WrittenTalker] = {}
    owners: list[tuple[int, str]] = []
    prompts: list[tuple[int, str]] = []


class TalkWatch:
    """`add` the minutes' texts, then `minute` judges them; in the same order the answers are the same."""

    def __init__(self) -> None:
        self.talkers: dict[str, Talker] = {}
        self.crowd = Crowd()
        self.baseline = ""
        self.waiting: list[Texts] = []
        self.hour = -1  # of `usual`
        self.usual = Usual({}, None)

    def add(self, texts: Texts, prepared: Prepared | None) -> None:
        """Texts of one closed minute, scored by this baseline."""
        if texts.of:
            self.waiting.append(texts)
            if prepared is not None:
                self.baseline, self.crowd.law = prepared.id, law(prepared)

    @property
    def heard(self) -> bool:
        """Whether there was any text this week."""
        return bool(self.talkers or self.waiting)

    def minute(self, spend: float) -> list[Heard]:
        """Judge what waits; `spend` is what this minute may cost in false alarms, all principals together."""
        waiting, self.waiting = self.waiting, []
        turns = [(row.time, row.hash, who, row) for texts in waiting for who, rows in texts.of.items() for row in rows]
        if not turns:
            return []
        turns.sort(key=lambda turn: turn[:3])
        if turns[0][0] // HOUR_NS != self.hour:
            self.hour, self.usual = turns[0][0] // HOUR_NS, self._usual()
        best: dict[str, tuple[float, str, int]] = {}
        for time, _, who, row in turns:
            capital, metric = self._judge(who, row, spend / len(turns))
            if capital >= RAISED and capital > best.get(who, (0.0, "", 0))[0] and not _done(best.get(who)):
                best[who] = capital, metric, time
        self._forget()
        return [self._heard(who, *found) for who, found in sorted(best.items()) if who in self.talkers]

    def acquit(self, principal: str) -> None:
        """Forget a principal whose alert has ended: what comes is judged anew."""
        self.talkers.pop(principal, None)

    def _judge(self, who: str, row: TextRow, spend: float) -> tuple[float, str]:
        """One turn: the capital after it, and the threat that has most of it."""
        talker = self.talkers.setdefault(who, Talker())
        said = [answer for threat in THREATS for answer in threat.seen(row, talker.past, self.crowd)]
        seen = np.array(said, dtype=np.int8)
        (capital,) = talker.wealth.play(seen[None], spend, *self.usual.of(who)).tolist()
        talker.hits += seen > 0
        talker.asked += seen >= 0
        talker.turns, talker.last_ns = talker.turns + 1, max(talker.last_ns, row.time)
        talker.past.add(row)
        self.crowd.add(who, row)
        if capital < RAISED:
            return capital, ""
        of = talker.wealth.stakes.mean(axis=1)
        return capital, max(PARTS, key=lambda metric: float(of[PARTS[metric]].max()))

    def _heard(self, who: str, capital: float, metric: str, at_ns: int) -> Heard:
        talker = self.talkers[who]
        excess = float((talker.rates - NULL)[PARTS[metric]].max())
        p, spent = talker.wealth.p(capital), talker.wealth.spent
        return Heard(who, metric, at_ns, talker.turns, p, spent, max(0.0, excess), talker.past)

    def _usual(self) -> Usual:
        """What the bets are laid against in this hour.

        When the world changes it changes for many; an attacker is alone, or one of a few.
        """
        base = _of_law(self.crowd.law)
        known = {who: talker.rates for who, talker in self.talkers.items() if talker.turns >= KNOWN}
        if len(known) > FEW:
            often = [rates for who, rates in known.items() if self.talkers[who].turns >= SEASONED]
            likes = np.quantile(often, LIKES, axis=0) if len(often) > FEW else np.zeros(len(STREAMS))
            middle = TIMES * np.median(list(known.values()), axis=0)
            return Usual({}, odds(np.maximum(base, np.maximum(middle, likes))))
        own = {}
        for who in known if len(known) > OTHERS else ():
            others = np.median([rates for name, rates in known.items() if name != who], axis=0)
            own[who] = odds(np.maximum(base, TIMES * others))
        return Usual(own, odds(base))

    def _forget(self) -> None:
        if len(self.talkers) > MOST:
            kept = sorted(self.talkers, key=lambda name: (-self.talkers[name].last_ns, name))[:MOST]
            self.talkers = {name: self.talkers[name] for name in sorted(kept)}

    def dump(self) -> WrittenTalks:
        """Plain data for a profile, after `minute`."""
        crowd = self.crowd
        talkers = {name: talker.dump() for name, talker in sorted(self.talkers.items())}
        return WrittenTalks(FORM, self.baseline, talkers, list(crowd.owners.items()), list(crowd.prompts.items()))

    def load(self, w: WrittenTalks, prepared: Prepared | None) -> None:
        """Continue from what was written; `prepared` is the baseline that scored it."""
        if w.form != FORM:
            return
        self.baseline = w.baseline
        self.talkers = {name: Talker.load(talker) for name, talker in w.talkers.items()}
        self.crowd = Crowd(dict(w.owners), dict(w.prompts), law(prepared))


def _done(best: tuple[float, str, int] | None) -> bool:
    """Whether the capital has reached what convinces: the turn that brought it there is the deciding one."""
    return best is not None and best[0] >= 1.0


def _of_law(of: TalkLaw | None) -> Floats:
    """The threats' benign rates, or what the baseline had if that is more."""
    if of is None:
        return NULL
    null = NULL.copy()
    for metric, share in (("text.injection", of.attacks), ("text.exfiltration", of.leaks)):
        null[PARTS[metric][0]] = max(null[PARTS[metric][0]], min(0.9, TIMES * share))
    return null
