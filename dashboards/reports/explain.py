"""One decision explained: what was asked, what was answered, what was normal then, how odd it was, what was going on.

It explains what Mirqab knows of the decision, not why the model decided so: the model itself is not seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dashboards.console.words import count, iso, number, share
from dashboards.reader import Reader, Rows
from dashboards.reports.document import Document, Facts, Section, Table, Text
from dashboards.reports.events import features, flags
from dashboards.reports.gather import ask
from schemas.baselines import Baseline, decode
from schemas.errors import UsageError
from schemas.events import Floats

KIND = "decision"
AROUND_NS = 3_600_000_000_000  # alerts of the hour before and after
HEADS = ("Input", "Value", "Usual", "How unusual in the baseline")


async def explain(reader: Reader, request: str, model: str, now_ns: int) -> Document:
    """Raises UsageError for an id that no stored event has, or that events of several models have."""
    rows = await ask(reader, "event_by_id", request=request, model=model)
    if not rows:
        raise UsageError(
            f"no stored event has the request id {request!r}; it may never have come, or be past retention"
        )
    models = sorted({row["model"] for row in rows})
    if len(models) > 1:
        raise UsageError(f"{request!r} was given by several models: {', '.join(models)}; name one with --model")
    event = rows[0]
    span = {"from_ns": event["ts_ns"] - AROUND_NS, "until_ns": event["ts_ns"] + AROUND_NS}
    names, content, alerts, labels = await asyncio.gather(
        ask(reader, "feature_names", ids=[event["feature_set"]]),
        ask(reader, "baseline_content", id=event["baseline"]),
        ask(reader, "report_alerts", model=event["model"], **span),
        ask(reader, "labels_by_id", request=request),
    )
    known = content and content[0]["content"] != "{}"
    baseline = decode(content[0]["content"]) if known else None
    inputs = list(_inputs(event, names, baseline))
    scored = event["anomaly"] is not None
    odd = f"Its anomaly score is {number(event['anomaly'])}, 1 being the oddest" if scored else "It was not scored"
    were = "1 alert was" if len(alerts) == 1 else f"{len(alerts)} alerts were"
    sentences = (
        f"{event['model']} answered {event['prediction'] or 'nothing'} to {event['principal'] or 'somebody'} at "
        f"{iso(event['ts_ns'])}.",
        f"{odd}; marked: {flags(event['flags'])}; {were} open on the model within an hour of it.",
    )
    sections = (
        _answer(event, len(rows)),
        Section("inputs", "What it was asked", (Table(HEADS, tuple(row for row, _ in inputs)),),
                {"features": {row[0]: value for row, value in inputs}}),
        _labels([row for row in labels if row["model"] == event["model"]], event),
        _around(alerts),
    )  # fmt: skip
    return Document(
        kind=KIND,
        title=f"Decision {request}",
        subtitle=f"{event['model']} {event['version']}".strip(),
        model=event["model"],
        period=request,
        from_ns=span["from_ns"],
        until_ns=span["until_ns"],
        made_ns=now_ns,
        verdict=event["prediction"] or "no answer",
        sentences=sentences,
        sections=sections,
    )


def _answer(event: Mapping[str, Any], copies: int) -> Section:
    pairs = [
        ("Answer", event["prediction"] or "–"),
        ("Score", number(event["score"])),
        ("Version", event["version"] or "not given"),
        ("Asked by", event["principal"] or "not given"),
        ("Session, segment", f"{event['session'] or '–'}, {event['segment'] or '–'}"),
        ("Status, latency", f"{event['status'] or '–'}, {number(event['latency_ms'])} ms"),
        ("Recorded at", f"topic {event['topic']}, partition {event['partition']}, offset {event['offset']}"),
        ("Scored against baseline", event["baseline"] or "none was known then"),
        ("Anomaly score", number(event["anomaly"])),
        ("Odd", flags(event["flags"])),
    ]
    if copies > 1:
        pairs.append(("Given", f"{copies} times; this is the first"))
    keys = (
        "model",
        "version",
        "prediction",
        "score",
        "principal",
        "topic",
        "partition",
        "offset",
        "baseline",
        "anomaly",
    )
    return Section("answer", "What it answered", (Facts(tuple(pairs)),), {key: event[key] for key in keys})


def _inputs(event: Mapping[str, Any], names: Rows, baseline: Baseline | None) -> Iterator[tuple[tuple[str, ...], Any]]:
    numbers = {f.name: f for f in baseline.numeric} if baseline else {}
    words = {f.name: f for f in baseline.categorical} if baseline else {}
    for name, text, value in features(event, names):
        usual = rare = "–"
        if name in numbers and isinstance(value, (int, float)) and numbers[name].knots:
            knots = np.array(numbers[name].knots)
            usual = f"{number(float(knots[len(knots) // 2]))} (median)"
            inside = knots[0] <= value <= knots[-1]
            rare = place(float(value), knots) if inside else "outside everything seen"
        elif name in words and isinstance(value, str):
            known, total = dict(zip(words[name].vocabulary, words[name].counts)), sum(words[name].counts)
            usual = next(iter(known), "–")
            rare = f"{share(known[value] / total)} of the baseline" if value in known and total else "never seen there"
        yield (name, text, usual, rare), value


def place(value: float, knots: Floats) -> str:
    """Where a value lies among those that were seen; many of them may be equal to it, as those of a yes or no are."""
    ranks = np.linspace(0, 1, len(knots))
    same = ranks[knots == value]
    if len(same) > 1:
        return f"about {share(float(same[-1] - same[0]))} have just this"
    return f"larger than {share(float(np.interp(value, knots, ranks)))}"


def _labels(labels: Rows, event: Mapping[str, Any]) -> Section:
    rows = [(iso(r["ts_ns"]), r["label"], r["source"] or "–") for r in labels]
    if event["label"]:
        rows.insert(0, (iso(event["ts_ns"]), event["label"], "in the record itself"))
    block = Table(("When", "Label", "Source"), tuple(rows)) if rows else Text("No label has come.")
    return Section("truth", "What came true", (block,), {"labels": [row[1] for row in rows]})


def _around(alerts: Rows) -> Section:
    rows = tuple(
        (a["level"], a["summary"] or a["rule"], iso(a["first_seen_ns"]), a["state"], count(a["n"])) for a in alerts
    )
    heads = ("Level", "What it says", "First seen", "State", "n")
    block = Table(heads, rows, frozenset({4})) if rows else Text("No alert was open on the model within an hour of it.")
    return Section("around", "What was going on", (block,), {"alerts": [a["id"] for a in alerts]})
