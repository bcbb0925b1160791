"""The incident report, for whoever must explain it later: what happened, what saw it, who was told, what is left.

It says what is stored and leaves room for what only people know. A root cause is pointed at, never claimed.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.console.words import count, duration, iso, number, share, title
from dashboards.reader import Reader, Rows
from dashboards.reports.document import Document, Facts, Section, Table, Text
from dashboards.reports.events import features, flags
from dashboards.reports.gather import ask
from schemas.errors import UsageError
from schemas.incidents import CAUSES
from schemas.rules import Rule
from schemas.settings import Settings

KIND = "incident"
ALERTS, EVENTS = 20, 8
CORRECTIVE = (
    "Root cause, as established",
    "Corrective actions, with who and by when",
    "What would have found it sooner",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything the store says of one incident. Maps are by alert id."""

    changes: Rows
    alerts: Rows
    transitions: Mapping[str, Rows]
    events: Mapping[str, Rows]
    names: Rows
    answers: Rows
    acts: Rows
    deliveries: Rows
    until_ns: int


async def incident(reader: Reader, settings: Settings, rules: Iterable[Rule], id: str, now_ns: int) -> Document:
    """The report. Raises UsageError for an id that is not stored, StoreUnavailable or StoreRefused."""
    asked = await gather(reader, id, now_ns)
    last = asked.changes[-1]
    known = {rule.id: rule for rule in rules}
    info = settings.model(last["model"])
    many = f"{len(asked.alerts)} alert{'s' * (len(asked.alerts) != 1)}"
    happened = f"{many} on {', '.join(last['models'])} since {iso(last['opened_ns'])}: {last['title']}"
    verdict = next((a for a in asked.acts if a["action"] == "verdict"), None)
    said = f"{verdict['actor']} judged it: {verdict['value']}." if verdict else "Nobody has judged it yet."
    sections = (
        _timeline(asked),
        _seen(asked, known),
        _touched(asked, info.owner, info.criticality),
        _evidence(asked),
        _causes(asked, known),
        _done(asked),
        Section("corrective", "To be filled in", tuple(Text(what, blank=3) for what in CORRECTIVE)),
    )
    return Document(
        kind=KIND,
        title=f"Incident {id}",
        subtitle=f"{last['state']}, {last['level']}; {iso(last['opened_ns'])} to {iso(asked.until_ns)}",
        model=last["model"],
        period=id,
        from_ns=last["opened_ns"],
        until_ns=asked.until_ns,
        made_ns=now_ns,
        verdict=verdict["value"] if verdict else "not judged yet",
        sentences=(happened.rstrip(".") + ".", said),
        sections=sections,
    )


async def gather(reader: Reader, id: str, now_ns: int) -> Asked:
    changes = await ask(reader, "incident_changes", incident=id)
    if not changes:
        raise UsageError(f"no incident {id!r} is stored; the console's page Incidents lists their ids")
    last = changes[-1]
    until = last["resolved_ns"] or max(now_ns, last["at_ns"])
    ids = list(last["alerts"])[:ALERTS]
    alerts, acts, deliveries, answers = await asyncio.gather(
        ask(reader, "alerts_of", alerts=ids),
        ask(reader, "actions_on", kind="incident", subject=id),
        ask(reader, "deliveries_of", incident=id),
        ask(
            reader,
            "answers_between",
            model=last["model"],
            from_ns=last["opened_ns"],
            until_ns=until,
            principals=list(last["principals"])[:100],
        ),
    )
    transitions = {row["id"]: await ask(reader, "alert_transitions", id=row["id"]) for row in alerts}
    events = {row["id"]: await _events(reader, row, until) for row in alerts}
    sets = sorted({e["feature_set"] for found in events.values() for e in found})
    names = await ask(reader, "feature_names", ids=sets) if sets else []
    return Asked(changes, alerts, transitions, events, names, answers, acts, deliveries, until)


async def _events(reader: Reader, alert: Mapping[str, Any], until_ns: int) -> Rows:
    span = {"from_ns": alert["first_seen_ns"], "until_ns": until_ns}
    about = {"model": alert["model"], "version": alert["version"], "principals": list(alert["principals"])[:100]}
    return await ask(reader, "events_sample", **about, **span)


def _timeline(asked: Asked) -> Section:
    """Alerts, the incident itself, people and pages, in one order of time."""
    rows = [(t["at_ns"], "alert", f"{t['level']}, {t['state']}: {t['summary']}", t["reason"]) for found in
            asked.transitions.values() for t in found]  # fmt: skip
    rows += [(c["at_ns"], "incident", f"{c['level']}, {c['state']}", c["reason"]) for c in asked.changes]
    rows += [(a["at_ns"], a["actor"], f"{a['action']} {a['value']}".strip(), a["reason"]) for a in asked.acts]
    rows += [(d["at_ns"], d["receiver"], f"{d['kind']}: {d['answer']}", d["detail"]) for d in asked.deliveries]
    rows.sort()
    cells = tuple((iso(at).replace("T", " "), who, what, why) for at, who, what, why in rows)
    data = {"timeline": [{"at": iso(at), "who": who, "what": what, "why": why} for at, who, what, why in rows]}
    return Section("timeline", "Timeline", (Table(("When, UTC", "Who or what", "What", "Why"), cells),), data)


def _seen(asked: Asked, rules: Mapping[str, Rule]) -> Section:
    rows, data = [], []
    for alert in asked.alerts:
        rule, last = rules.get(alert["rule"]), asked.transitions[alert["id"]][-1]
        about = title(alert["metric"]) + (f" of {alert['feature']}" if alert["feature"] else "")
        detector = rule.detector if rule else "not in force any more"
        sure = f"p {number(alert['p'])}, effect {number(alert['effect'])}, n {count(alert['n'])}"
        rows.append(
            (alert["summary"], alert["rule"], detector, about, sure, last["baseline"], last["technique"] or "–")
        )
        keys = ("id", "rule", "family", "model", "version", "metric", "feature", "p", "effect", "n", "summary")
        data.append({k: alert[k] for k in keys} | {"baseline": last["baseline"], "rules_hash": last["rules_hash"]})
    heads = ("What it says", "Rule", "Detector", "Of", "How sure", "Against baseline", "Technique")
    return Section("seen", "What was seen, by what, against what", (Table(heads, tuple(rows)),), {"alerts": data})


def _touched(asked: Asked, owner: str, criticality: str) -> Section:
    last = asked.changes[-1]
    who = last["principals"]
    total = sum(int(row["answers"]) for row in asked.answers)
    theirs = sum(int(row["theirs"]) for row in asked.answers)
    pairs = (
        ("Models", ", ".join(last["models"]) or last["model"]),
        ("Owner, criticality", f"{owner or 'not in the settings'}, {criticality}"),
        ("Principals named", ", ".join(who) or "none"),
        (
            "Decisions while it was open",
            count(total) + (f", {count(theirs)} of them for those principals" if who else ""),
        ),
        ("Length", duration(asked.until_ns - last["opened_ns"])),
    )
    heads = ("Decision", "Answers", "of those principals")[: 3 if who else 2]
    rows = tuple(
        (r["prediction"] or "(none)", count(r["answers"]), count(r["theirs"]))[: len(heads)] for r in asked.answers[:12]
    )
    table = (Table(heads, rows, frozenset({1, 2})),) if rows else ()
    data = {
        "models": list(last["models"]),
        "principals": list(last["principals"]),
        "decisions": total,
        "theirs": theirs,
    }
    return Section("touched", "What it touched", (Facts(pairs), *table), data)


def _evidence(asked: Asked) -> Section:
    found = [(alert["id"], row) for alert in asked.alerts for row in asked.events[alert["id"]][:EVENTS]]
    seen: set[tuple[Any, ...]] = set()
    rows, data = [], []
    for _, row in found:
        place = (row["topic"], row["partition"], row["offset"])
        if place in seen:
            continue
        seen.add(place)
        inputs = ", ".join(f"{name} {text}" for name, text, value in features(row, asked.names) if value is not None)
        where = f"{row['topic']} {row['partition']}:{row['offset']}"
        answer = row["prediction"] + ("" if row["score"] is None else f" ({number(row['score'])})")
        rows.append((iso(row["ts_ns"]), where, row["id"], row["principal"], answer, flags(row["flags"]), inputs))
        data.append(
            {"at": iso(row["ts_ns"]), "topic": place[0], "partition": place[1], "offset": place[2], "id": row["id"]}
        )
    heads = ("When", "Topic partition:offset", "Request", "Principal", "Answer", "Odd", "Inputs")
    text = "The most unusual stored events of each alert, those of the principals named first."
    return Section("evidence", "Evidence", (Text(text), Table(heads, tuple(rows))), {"events": data})


def _causes(asked: Asked, rules: Mapping[str, Rule]) -> Section:
    last = asked.changes[-1]
    pairs: list[tuple[str, str]] = [("What ties its alerts together", str(CAUSES.get(last["cause"], last["cause"])))]
    for transitions in asked.transitions.values():
        evidence = _read(transitions[-1]["evidence"])
        for name, word in (("verdict", "Looks like"), ("release", "A release just before")):
            if evidence.get(name):
                pairs.append((word, _words(evidence[name])))
        for part in evidence.get("segments", ())[:2]:
            if isinstance(part, dict) and isinstance(part.get("share"), (int, float)):
                pairs.append(("Most of it comes from", f"{part.get('name')}, {share(part['share'])}"))
    rule = rules.get(last["rule"])
    advice = (Text(f"The rule's runbook: {rule.runbook}"),) if rule and rule.runbook else ()
    return Section("causes", "Pointers to a root cause", (Facts(tuple(dict.fromkeys(pairs))), *advice))


def _done(asked: Asked) -> Section:
    acts = tuple((iso(a["at_ns"]), a["actor"], a["action"], a["value"], a["reason"]) for a in reversed(asked.acts))
    told = tuple((iso(d["at_ns"]), d["receiver"], d["kind"], d["answer"], d["detail"]) for d in asked.deliveries)
    blocks: list[Table | Text] = [
        Table(("When", "Who", "Did", "Chose", "Why"), acts) if acts else Text("Nobody has done anything about it yet."),
        Table(("When", "Receiver", "Page", "Answer", "Detail"), told) if told else Text("Nobody was paged."),
    ]
    return Section("done", "Actions taken", tuple(blocks), {"acts": len(acts), "deliveries": len(told)})


def _read(text: str) -> dict[str, Any]:
    """Evidence is JSON of ours, but stored: what cannot be read is left out."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _words(value: Any) -> str:
    """A release is {version, at_ns}; anything else as it is."""
    if not isinstance(value, dict):
        return str(value)
    return ", ".join(iso(v) if k == "at_ns" and isinstance(v, int) else f"{k} {v}" for k, v in value.items())
