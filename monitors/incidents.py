"""Alerts to incidents: which belong together, what explains them, and how they stand. Pure.

A set of alerts gives the same incidents in whatever order they came: two alerts are *tied* by rules over pairs, and an
incident is all that hangs together. Tied are, above *suspected*:

- alerts on one model that began within 15 minutes of each other; attacks and troubles apart, because a release must not
  hide an attack;
- attacks, or silences, of one principal on any models that began within 15 minutes;
- troubles of several models that began within 15 minutes and share a feature or an upstream that settings name;
- an outage: faults or blindness on so many models within 10 minutes that chance explains it no more, which is three
  models where the rule is the same, four where it is not; by their first evidence, because a model that is asked seldom
  shows it later;
- alerts of these families on several models in the same minute: they are told together, so nobody misses one;
- what its cause explains: troubles of a model that begin while a changed schema, a silence or an outage is open on it,
  or that began within a day of the same release;
- attacks of one principal on one model, of which one began while the other was open, or within 15 minutes of its end;
- an alert that comes back within 15 minutes of its end.

The order (event minute, alert id) names the incident after its first alert. When it does not work: a fault that has
nothing to do with an outage, but begins beside it, is told as part of it; the incident names its model, and whoever is
told of the outage is told that it spread. An outage that shows on two models first, in different minutes, is two
incidents until it shows on more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from schemas.alerts import ATTACKS, LEVELS, TOLD, Alert
from schemas.incidents import ALERT, CAUSES, OPEN, OVER, PRINCIPAL, RELEASE, SCHEMA, SHARED, SILENCE, Incident

MINUTE_NS = 60_000_000_000
NEAR_NS, OUTAGE_NS = 15 * MINUTE_NS, 10 * MINUTE_NS
SPREADING = ("fault", "blindness")  # families of what an outage does to models
# Models that make an outage. Where a fault begins somewhere every forty minutes, which is much, three with one of three
# symptoms come by chance once in forty days of such hours, and so do four with any.
SAME, ANY = 3, 4
ROOTS = {"schema.changed": SCHEMA, "volume.silence": SILENCE}  # metrics that explain what begins while they are open
LONGEST = 2**62
NOTICED = 2  # transitions of a notice; their numbers are below 0, so what the ledger says comes after them
NAMED = 3  # models that a change names


class Member(NamedTuple):
    """What grouping needs of an alert above *suspected*, as it stands after `number` + 1 transitions."""

    id: str
    number: int
    rule: str
    family: str
    metric: str
    level: str
    model: str
    features: tuple[str, ...]
    principals: tuple[str, ...]
    begun_ns: int  # first evidence
    opened_ns: int
    at_ns: int
    resolved_ns: int | None
    summary: str
    p: float | None
    effect: float | None
    n: int
    release: str = ""  # version and time of the release just before, "" if none
    early: str = ""  # as `Alert.early`
    ended: str = ""  # the alert that a notice joined, or why it was withdrawn

    @property
    def attack(self) -> bool:
        return self.family in ATTACKS

    @property
    def order(self) -> tuple[int, str]:
        """The order of all alerts of all models."""
        return self.opened_ns // MINUTE_NS, self.id

    @property
    def stands(self) -> bool:
        """Whether it is one of the alerts that people see: no notice that ended in another one, or in none."""
        return self.early in ("", TOLD)


def member(alert: Alert) -> Member | None:
    """None while the alert was never above *suspected*."""
    if alert.opened_ns is None:
        return None
    series, evidence = alert.series, alert.evidence
    about = series.principal if series.principal and not alert.principals else ""
    return Member(
        alert.id,
        len(alert.transitions) - 1 - (NOTICED if alert.early else 0),
        alert.rule,
        alert.family,
        series.metric,
        alert.level,
        series.model,
        features_of(series.feature, evidence),
        tuple(sorted({*alert.principals, *([about] if about else [])})),
        alert.first_seen_ns,
        alert.opened_ns,
        alert.transitions[-1].at_ns,
        alert.resolved_ns,
        alert.summary,
        alert.p,
        alert.effect,
        alert.n,
        release_of(evidence),
        alert.early,
        alert.told_as or (alert.transitions[-1].reason if alert.early else ""),
    )


def features_of(feature: str, evidence: dict[str, Any]) -> tuple[str, ...]:
    """The features an alert is about."""
    return tuple(sorted({feature, *map(str, evidence.get("features") or ())} - {""}))


def release_of(evidence: dict[str, Any]) -> str:
    """The release an alert is told with, as one word."""
    found = evidence.get("release") or {}
    return f"{found.get('version', '')}@{found.get('at_ns', 0)}" if found else ""


def grouped(members: Iterable[Member], upstreams: Callable[[str], Iterable[str]] = lambda m: ()) -> list[Incident]:
    """All incidents of these alerts, in the order of their first ones. `upstreams` are those a model depends on."""
    ordered = sorted((m for m in members if m.stands), key=lambda m: m.order)
    roots = list(range(len(ordered)))

    def root(i: int) -> int:
        while roots[i] != i:
            roots[i] = roots[roots[i]]
            i = roots[i]
        return i

    for i, j in _ties(ordered, upstreams):
        a, b = sorted((root(i), root(j)))
        roots[b] = a
    together: dict[int, list[Member]] = {}
    for i, each in enumerate(ordered):
        together.setdefault(root(i), []).append(each)
    return [_incident(found) for found in together.values()]


def _ties(ordered: Sequence[Member], upstreams: Callable[[str], Iterable[str]]) -> Iterator[tuple[int, int]]:
    opened, begun = [m.opened_ns for m in ordered], [m.begun_ns for m in ordered]
    for times, near, least, keys in (
        (opened, NEAR_NS, 1, _near_keys),
        (opened, MINUTE_NS - 1, 1, _outage_keys),
        (begun, OUTAGE_NS, SAME, _symptom_keys),
        (begun, OUTAGE_NS, ANY, _outage_keys),
        (opened, LONGEST, 1, _release_keys),
    ):
        by_key: dict[tuple[str, ...], list[int]] = {}
        for i in sorted(range(len(ordered)), key=times.__getitem__):
            for key in keys(ordered[i], upstreams):
                by_key.setdefault(key, []).append(i)
        for indices in by_key.values():
            yield from _together(ordered, indices, times, near, least)
    by_model: dict[str, list[int]] = {}
    for i, each in enumerate(ordered):
        by_model.setdefault(each.model, []).append(i)
    for indices in by_model.values():
        for i in indices:
            yield from ((i, j) for j in indices if i != j and _explains(ordered[i], ordered[j]))


def _together(
    ordered: Sequence[Member], indices: Sequence[int], times: Sequence[int], near_ns: int, least: int
) -> Iterator[tuple[int, int]]:
    """Neighbours among the indices (by time), of every stretch of at most `near_ns` in which so many models begin."""
    models: Counter[str] = Counter()
    first = chained = 0  # of the stretch; up to where neighbours were given already
    for last, j in enumerate(indices):
        models[ordered[j].model] += 1
        while times[j] - times[indices[first]] > near_ns:
            gone = ordered[indices[first]].model
            models[gone] -= 1
            if not models[gone]:
                del models[gone]
            first += 1
        if len(models) >= least:
            yield from pairwise(indices[max(first, chained) : last + 1])
            chained = last


def _near_keys(one: Member, upstreams: Callable[[str], Iterable[str]]) -> Iterator[tuple[str, ...]]:
    kind = "attack" if one.attack else "trouble"
    yield "model", kind, one.model
    if one.attack or one.family == "blindness":
        yield from (("principal", kind, who) for who in one.principals)
    if not one.attack:
        yield from (("feature", name) for name in one.features)
        yield from (("upstream", name) for name in upstreams(one.model))


def _symptom_keys(one: Member, upstreams: Callable[[str], Iterable[str]]) -> Iterator[tuple[str, ...]]:
    # A principal's silence is about the principal, who ties it already.
    if one.family in SPREADING and not one.principals:
        yield "rule", one.rule


def _outage_keys(one: Member, upstreams: Callable[[str], Iterable[str]]) -> Iterator[tuple[str, ...]]:
    yield from (("outage",) for _ in _symptom_keys(one, upstreams))


def _release_keys(one: Member, upstreams: Callable[[str], Iterable[str]]) -> Iterator[tuple[str, ...]]:
    if one.release and not one.attack:
        yield "release", one.model, one.release


def _explains(cause: Member, child: Member) -> bool:
    """Whether `child` began while its `cause` was open on the same model, or is the same alert come back."""
    if child.attack != cause.attack or child.opened_ns < cause.opened_ns - NEAR_NS:
        return False
    if cause.resolved_ns is not None and child.opened_ns > cause.resolved_ns + NEAR_NS:
        return False
    over = cause.resolved_ns is not None and child.opened_ns >= cause.resolved_ns
    back = (cause.rule, cause.features, cause.principals) == (child.rule, child.features, child.principals)
    same = cause.attack and not {*cause.principals}.isdisjoint(child.principals)
    return cause.metric in ROOTS or same or (over and back)


def _incident(found: list[Member]) -> Incident:
    """How alerts that hang together stand."""
    lead, cause = _lead(found)
    models = tuple(sorted({m.model for m in found}))
    explained = tuple(m.id for m in found if cause in (SCHEMA, SILENCE, RELEASE) and m.rule != lead.rule)
    ends = [m.resolved_ns for m in found]
    over = max((end for end in ends if end is not None), default=None) if None not in ends else None
    more = f"and {len(models) - 1} more model{'s' * (len(models) > 2)}" if len(models) > 1 else ""
    level = max((m.level for m in found), key=LEVELS.index)
    return Incident(
        id=f"i-{found[0].id}",
        state=OPEN if over is None else OVER,
        level=level,
        cause=cause,
        family=lead.family,
        rule=lead.rule,
        model=lead.model,
        lead=lead.id,
        alerts=tuple(m.id for m in found),
        explained=explained,
        models=models,
        principals=tuple(sorted({who for m in found for who in m.principals})),
        opened_ns=found[0].opened_ns,
        updated_ns=max(m.at_ns for m in found),
        resolved_ns=over,
        title=f"{lead.summary}{more and f' [{more}: {CAUSES[cause]}]'}",
        p=lead.p,
        effect=lead.effect,
        n=lead.n,
        early=TOLD if all(m.early for m in found) else "",
    )


def _lead(found: Sequence[Member]) -> tuple[Member, str]:
    """The alert that says it best, and what ties them: what explains the others, else the most serious, the first."""
    best = min(found, key=lambda m: (-LEVELS.index(m.level), m.order))
    if len(found) == 1:
        return best, ROOTS.get(best.metric, ALERT)
    for metric, cause in ROOTS.items():
        causing = [m for m in found if m.metric == metric]
        if causing:
            return min(causing, key=lambda m: m.order), cause
    if len({m.model for m in found}) > 1:
        shared = set.intersection(*(set(m.principals) for m in found))
        return best, PRINCIPAL if shared else SHARED
    if all(m.release == best.release != "" for m in found):
        return best, RELEASE
    return best, PRINCIPAL if best.attack and set.intersection(*(set(m.principals) for m in found)) else ALERT


def change(before: Incident | None, now: Incident) -> str:
    """What changed from one standing to the next, in words; "" if nothing that a person would be told."""
    if before is None:
        opened = "opened" if len(now.alerts) == 1 else f"opened with {len(now.alerts)} alerts"
        return f"{opened}, told early: its minute has not closed yet" if now.early else opened
    said = []
    if before.early == TOLD and not now.early:
        said.append("confirmed: its minute has closed")
    if before.state != now.state:
        said.append("all its alerts have resolved" if now.state == OVER else "open again")
    if LEVELS.index(now.level) > LEVELS.index(before.level):
        said.append(f"raised from {before.level} to {now.level}")
    joined = set(now.alerts) - set(before.alerts)
    if joined:
        where = " and ".join(sorted(set(now.models) - set(before.models))[:NAMED])
        said.append(f"{len(joined)} alert{'s' * (len(joined) > 1)} joined{where and f' and reached {where}'}")
    gone = set(before.alerts) - set(now.alerts)
    if gone:
        said.append(f"{len(gone)} alert{'s' * (len(gone) > 1)} no longer in it")
    if before.cause != now.cause or before.lead != now.lead:
        said.append(f"now told as: {CAUSES[now.cause]}")
    # A worse alert is news; the same alert with another p is not.
    if not said and now.updated_ns > before.updated_ns and now.title != before.title:
        said.append("an alert changed")
    return "; ".join(said)
