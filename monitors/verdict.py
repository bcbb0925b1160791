"""Environment, release, data fault or attack: what most likely stands behind an alert, with reasons and their weights.

A pure function of plain facts. Each fact adds its weight to one of the four; the largest sum is the verdict, and
`shares` are exp(sum) over all four. The weights are published here and in the reference; they are judgement, not yet
measured on drills, so the shares order the four and are no probabilities. "Environment", the world itself, is what is
left where nothing else speaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from monitors.week import HOUR_NS
from schemas.events import MINUTE_NS

ENVIRONMENT, RELEASE, FAULT, ATTACK = "environment", "release", "data fault", "attack"
WORDS = (ENVIRONMENT, RELEASE, FAULT, ATTACK)
SOON, DAY = 1.0, 24.0  # hours after a release: until the first its weight is whole, after the second there is none
BROAD, NARROW = 0.5, 0.2  # share of the features that moved
FEW = 5  # features watched, below which breadth says nothing

# Fact -> (verdict, weight).
WEIGHTS = {
    "nothing else": (ENVIRONMENT, 1.0),
    "broad": (ENVIRONMENT, 1.0),
    "release": (RELEASE, 3.0),
    "schema": (RELEASE, 1.0),
    "missing": (FAULT, 2.5),
    "constant": (FAULT, 2.5),
    "unseen": (FAULT, 1.5),
    "out of range": (FAULT, 1.0),
    "fields": (FAULT, 1.0),
    "narrow": (FAULT, 0.5),
    "accused": (ATTACK, 3.0),
    "chains": (ATTACK, 1.0),
    "boundary": (ATTACK, 1.0),
    "concentrated": (ATTACK, 1.5),
    "sources": (ATTACK, 3.0),
    "ranges": (ATTACK, 1.5),
}
MUCH = 0.1  # share of the events from which on what the accused sent explains a change of all of them
HALF = 0.5  # a claim that is only suspected


@dataclass(frozen=True, slots=True)
class Attack:
    """What stands open about attackers while the alert is told; shares are 0 to 1. `monitors.suspects` finds it.

    `families` are those of the open alerts of attacks on the same model version, `sent` is the share of the events that
    the accused sent, `chains` and `boundary` the shares of their queries that lie near an earlier one of their own, and
    where the model is undecided. `who` is the principal that most of a change comes from, `concentration` its share of
    it. `sources` is what has an open alert of poisoned labels, `ranges` features in one range of which labels changed
    through all sources: poison, or the world.
    """

    families: tuple[str, ...] = ()
    certain: bool = True  # whether one of those alerts is more than a suspicion
    sent: float = 0.0
    chains: float = 0.0
    boundary: float = 0.0
    who: str = ""
    concentration: float = 0.0
    sources: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen with an alert. Times are ns before its first evidence; None where nothing of the kind came."""

    since_release_ns: int | None = None
    version: str = ""
    since_schema_ns: int | None = None
    missing: bool = False
    constant: bool = False
    unseen: bool = False
    out_of_range: bool = False
    moved: int = 0
    watched: int = 0
    attack: Attack | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`word` is one of `WORDS`; `reasons` are for it, the weightiest first; `shares` by word add up to 1."""

    word: str
    reasons: tuple[str, ...]
    shares: dict[str, float]


def judge(facts: Facts) -> Verdict:
    """The verdict on an alert.

    >>> judge(Facts(since_release_ns=12 * 60 * 10**9, version="4.2", moved=2, watched=20)).word
    'release'
    >>> judge(Facts(missing=True, moved=1, watched=20)).reasons
    ('values are missing', '1 of 20 features moved')
    >>> judge(Facts()).word
    'environment'
    """
    found = [(WEIGHTS[name][0], WEIGHTS[name][1] * by, why) for name, by, why in _spoken(facts)]
    sums = {word: sum(weight for of, weight, _ in found if of == word) for word in WORDS}
    word = max(WORDS, key=lambda each: sums[each])
    mine = sorted((one for one in found if one[0] == word), key=lambda one: -one[1])
    total = sum(exp(value) for value in sums.values())
    shares = {each: exp(sums[each]) / total for each in WORDS}
    return Verdict(word, tuple(why for _, _, why in mine), shares)


def _spoken(facts: Facts) -> list[tuple[str, float, str]]:
    """The facts that speak: name, how strongly (0 to 1), and in words."""
    said = [("nothing else", 1.0, "the world itself, where nothing else explains it")]
    if facts.since_release_ns is not None and (by := _fading(facts.since_release_ns)) > 0:
        minutes = facts.since_release_ns // MINUTE_NS
        said.append(("release", by, f"version {facts.version or '(no name)'} began {minutes} minutes before"))
    if facts.since_schema_ns is not None and (by := _fading(facts.since_schema_ns)) > 0:
        said += [("schema", by, "fields changed"), ("fields", by, "fields changed")]
    for name, spoke, why in (
        ("missing", facts.missing, "values are missing"),
        ("constant", facts.constant, "a feature repeats one value"),
        ("unseen", facts.unseen, "values came that were never seen before"),
        ("out of range", facts.out_of_range, "values lie out of range"),
    ):
        if spoke:
            said.append((name, 1.0, why))
    if facts.watched >= FEW and facts.moved:
        share, why = facts.moved / facts.watched, f"{facts.moved} of {facts.watched} features moved"
        if share >= BROAD:
            said.append(("broad", 1.0, why))
        elif share <= NARROW:
            said.append(("narrow", 1.0, why))
    return said + (_attack(facts.attack) if facts.attack else [])


def _attack(attack: Attack) -> list[tuple[str, float, str]]:
    much = min(1.0, attack.sent / MUCH) * (1.0 if attack.certain else HALF)
    names = ", ".join(attack.families)
    sent = f"principals accused of {names} sent {attack.sent:.0%} of these events".replace("%", " %")
    found = [
        ("accused", much if names else 0.0, sent),
        ("chains", much * attack.chains, "near duplicates of the same principal's earlier requests"),
        ("boundary", much * attack.boundary, "requests about which the model is undecided"),
        (
            "concentrated",
            attack.concentration,
            f"{attack.concentration:.0%} of it from one principal, {attack.who}".replace("%", " %"),
        ),
        ("sources", 1.0 if attack.sources else 0.0, f"labels are poisoned: {', '.join(attack.sources)}"),
        (
            "ranges",
            1.0 if attack.ranges else 0.0,
            f"labels are poisoned, or the world changed, in one range of {', '.join(attack.ranges)}",
        ),
    ]
    return [one for one in found if one[1] > 0]


def _fading(ns: int) -> float:
    hours = max(0.0, ns / HOUR_NS)
    return 1.0 if hours <= SOON else max(0.0, (DAY - hours) / (DAY - SOON))
