"""Writes docs/reference/*.md from the code: `python -m docs.build_reference` (`--check` only names what is stale).

A page holds what the code says of itself (help texts, docstrings, types, defaults) and nothing that was typed twice.
The only words kept here are the meanings of the log record's fields, which `tests/architecture/test_docs.py` holds
complete.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

from dashboards.console import words
from monitors import abuse, attacks, detectors, river_catalogue, talks, verdict
from monitors import readings as families
from schemas import days, tables
from schemas import receivers as receiving
from schemas.formats import names as format_names
from schemas.formats._record import MAX_FEATURES, Record
from schemas.modelinfo import ModelInfo
from schemas.receivers import Route
from schemas.rules import Rule, load_rules
from schemas.settings import SECTIONS
from schemas.topicinfo import TopicInfo
from schemas.values import MAX_NAME
from streams import cli, notifiers
from streams.ruleset import SHIPPED, packs
from streams.telemetry import METRICS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Made from the code by `python -m docs.build_reference`; changes belong there. -->"

SEGMENTS = """
    `segments` names up to 4 keys of the records' `segment` object, or features: `segments = ["channel", "age"]`. Each
    value that the baseline knows (of a numeric feature, each of its bins) is then judged by itself: half of the model's
    false-alarm budget is for the whole of it, the other half for its segments in equal parts. A segment is compared
    with its own first events after the baseline was known, at least a quarter of `judge.baseline_events`. The
    commonest `line.max_segments` values of a key have a name, the rest is `(other)`; a baseline that was learnt before
    records had the key knows none.
"""
FIELDS = {
    "ts": "when the model answered: seconds since 1970, or ISO 8601 (UTC if no zone is given); required",
    "model": "the model's name; required",
    "version": "the model's version; each version has its own baseline",
    "artifact_hash": "hash of the model's file, such as its SHA-256; a version whose hash changes is an alert",
    "principal": "who asked: a client, a branch, an account",
    "id": "the request's id; labels that arrive later are joined by model and id",
    "request_id": "read as `id` where there is no `id`",
    "session": "the session's id",
    "features": "the input: an object of name to number, text, true/false or null, or an array of values",
    "feature_names": "names for `features` where that is an array; without them f00, f01, …",
    "scores": "class probabilities; of two the second is the score, of several the largest",
    "score": "probability of the positive class; goes before `scores`",
    "prediction": "what the model answered",
    "latency_ms": "how long the answer took, milliseconds",
    "prompt": "the text asked; kept as `privacy.text` says",
    "response": "the text answered; kept as `privacy.text` says",
    "system": "the application's own instructions (system prompt); compared with the reply, kept nowhere",
    "tokens_in": "tokens read",
    "tokens_out": "tokens written",
    "label": "the ground truth, if it is already known",
    "label_source": "who gave the label",
    "source": "read as `label_source` where there is none",
    "served_ts": "when the answer was served, where `ts` is that of the label",
    "status": "a number of 400 or more, or a word such as error, failed or timeout, counts as a failed answer",
    "source_ip": "the caller's address",
    "segment": "an object of at most 16 names, such as a channel or region; alerts say where they come from by it",
}


def cell(text: object) -> str:
    """Text that cannot end a table's cell."""
    return str(text).replace("|", "\\|").replace("\n", " ")


def code(text: object) -> str:
    """Text shown as it is typed; "" is shown as `""`."""
    return f"`{cell(text)}`"


def grid(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """A Markdown table."""
    heads = list(heads)
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(str(value) for value in row)} |"
    yield ""


def page(title: str, about: str, lines: Iterable[str]) -> str:
    """A whole page."""
    return "\n".join([f"# {title}", NOTE, "", about, "", *lines]).rstrip() + "\n"


def kind_of(hint: object) -> str:
    """A type as a reader of TOML knows it."""
    known: dict[object, str] = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return known.get(hint, "list of texts")


def settings() -> str:
    """Every setting of every section."""

    def lines() -> Iterator[str]:
        for name, section in SECTIONS.items():
            hints = get_type_hints(section)
            yield from (f"## [{name}]", "", inspect.getdoc(section) or "", "")
            rows = []
            for f in dataclasses.fields(section):
                default = f.default_factory() if f.default is dataclasses.MISSING else f.default  # type: ignore[misc]
                marks = [word for word in ("secret", "judged") if f.metadata[word]]
                rows.append(
                    (
                        code(f.name),
                        kind_of(hints[f.name]),
                        code(json.dumps(default)),
                        cell(f.metadata["help"]) + (f" *({', '.join(marks)})*" if marks else ""),
                    )
                )
            yield from grid(("setting", "type", "default", "meaning"), rows)
        yield from ('## [models."PATTERN"]', "", inspect.getdoc(ModelInfo) or "", "")
        info = zip(ModelInfo.__struct_fields__, ModelInfo.__struct_defaults__, strict=True)
        rows = [(code(k), "text" if isinstance(v, str) else "list of texts", code(json.dumps(v))) for k, v in info]
        yield from grid(("key", "type", "default"), rows)
        yield from ("", inspect.cleandoc(SEGMENTS))
        yield from ("", '## [topics."PATTERN"]', "", inspect.getdoc(TopicInfo) or "", "")
        yield from grid(("key", "type"), [(code("format"), "text: " + ", ".join(map(code, format_names())))])
        yield from ("## [receivers.NAME] and [[routes]]", "", inspect.getdoc(receiving) or "", "")
        routes = zip(Route.__struct_fields__[1:], Route.__struct_defaults__, strict=True)
        yield from grid(("key of a route", "default"), [(code(k), code(json.dumps(v))) for k, v in routes])
        yield from ("", "## The calendar file", "", inspect.getdoc(days) or "")

    about = (
        "Read from the TOML file that `--config` or `MIRQAB_CONFIG` names, then from the environment: "
        "`MIRQAB_STORE_URL` is `url` of `[store]`; a list is given with commas. *secret*: only from the environment, "
        "or from a file named by the same key with `_file`. *judged*: changes what is alerted, so its value is part "
        "of the hash on every alert."
    )
    return page("Settings", about, lines())


def log_record() -> str:
    """The fields of the plain log record."""
    hints = get_type_hints(Record)
    plain = {"str": "text", "int": "number", "float": "number", "bool": "true/false", "NoneType": "null"}

    def kinds(hint: object) -> str:
        found = re.findall(r"\b(dict|list|str|int|float|bool|NoneType)\b", str(hint).replace("None", "NoneType"))
        outer = "object or array" if {"dict", "list"} <= set(found) else "object" if "dict" in found else ""
        outer = outer or ("array" if "list" in found else "")
        names = [outer] if outer else list(dict.fromkeys(plain[word] for word in found if word != "NoneType"))
        return " or ".join(names)

    rows = ((code(name), kinds(hints[name]), cell(FIELDS[name])) for name in Record.__struct_fields__)
    about = (
        f"Formats: {', '.join(map(code, format_names()))} (`line.format`). `json_lines` is one JSON object per record. "
        f"A null is the same as a field left out. Names are at most {MAX_NAME} characters, features at most "
        f"{MAX_FEATURES}. Unknown keys are counted, never an error; a known key of the wrong type makes the "
        "record a reject, with the reason."
    )
    return page("Log record", about, grid(("field", "type", "meaning"), rows))


def log_formats() -> str:
    """Which fields of every other format become which column."""

    def lines() -> Iterator[str]:
        for name in format_names():
            module = importlib.import_module(f"schemas.formats.{name}")
            yield from (f"## {name}", "", inspect.getdoc(module) or "", "")
            if not hasattr(module, "PLACES"):
                continue
            table, computed = module.PLACES.table, module.COMPUTED
            rows = [
                (column, table.get(column), computed.get(column)) for column in FIELDS if column in {*table, *computed}
            ]
            said = ((code(column), cell(_places(places or (), text or ""))) for column, places, text in rows)
            yield from (*grid(("column", "from"), said), "")

    about = (
        "`line.format` or `[topics]` in the settings, or `--format` of a command, says which one a log is in; `auto` "
        "tells it by each record. Below is which field becomes which [column](log-record.md) of the plain record; "
        "where several are named, the first that holds a value counts. Every other field is counted by name and not "
        "used; `replay`, `send` and `baseline set` say so on stderr, a worker in its log."
    )
    return page("Log formats", about, lines())


def _places(places: tuple[str, ...], text: str) -> str:
    """Where a column comes from, in words."""
    found = ", else ".join(map(code, places))
    return found + (", " if text.startswith("else ") else "; ") + text if found and text else found or text


def table_pages() -> str:
    """Every table and column."""

    def lines() -> Iterator[str]:
        for table in tables.TABLES:
            yield from (f"## {table.name}", "", table.doc[0].upper() + table.doc[1:] + ".", "")
            facts = [f"Identity: {', '.join(map(code, table.key))}."]
            if table.version:
                facts.append(f"Of rows with the same identity the one with the highest {code(table.version)} counts.")
            if table.ttl_column:
                facts.append(f"`store.retention_days` counts from {code(table.ttl_column)}.")
            yield from (" ".join(facts), "")
            yield from grid(
                ("column", "type", "meaning"), ((code(c.name), code(c.type), cell(c.doc)) for c in table.columns)
            )

    about = (
        "Everything is written at least once and deduplicated by identity. Read through the view `<table>_now`, which "
        "is the table `FINAL`. The statements are in `schemas/migrations/`; `mirqab migrate` applies them."
    )
    return page("Tables", about, lines())


def metrics() -> str:
    """What Prometheus is told."""
    rows = (
        (code(kind.name), "counter" if kind.counter else "gauge", ", ".join(map(code, kind.labels)), cell(kind.help))
        for kind in METRICS.values()
    )
    about = (
        "`/metrics` of a worker, on `metrics.host` and `metrics.port` (off by default). A value not known is not shown."
    )
    return page("Metrics of the worker", about, grid(("metric", "kind", "labels", "meaning"), rows))


def family_modules() -> dict[str, Any]:
    """Every family of readings by name, those of attacks, of abuse and of texts over time last."""
    modules: list[Any] = [*families.FAMILIES, *attacks.FAMILIES, *abuse.KINDS, *talks.THREATS]
    return {module.__name__.rpartition(".")[2]: module for module in modules}


def shipped_rules() -> list[tuple[Rule, str]]:
    """The shipped rules, each with the pack that it belongs to; those of none first."""
    folders = [("", SHIPPED), *((pack, SHIPPED / pack) for pack in packs())]
    return [(rule, pack) for pack, folder in folders for rule in load_rules(folder)]


def readings() -> str:
    """What is measured, by family."""
    watched: dict[str, list[str]] = {}
    for rule, _ in shipped_rules():
        watched.setdefault(rule.metric, []).append(f"[{rule.id}](rules.md#{rule.id})")

    def lines() -> Iterator[str]:
        for name, module in family_modules().items():
            yield from (f"## {name}", "", inspect.getdoc(module) or "", "")
            rows = []
            for metric in families.metrics_of(module):
                title, unit = words.METRICS.get(metric, ("", ""))
                rows.append((code(metric), title, unit, ", ".join(watched.get(metric, ["nobody"]))))
            yield from grid(("metric", "what", "unit", "watched by"), rows)

    about = (
        "A reading is one metric over one pane (`line.pane_minutes` closed minutes) with its sample size. A null value "
        'means "not enough data"; a metric without p-value cannot pay from the error budget.'
    )
    return page("Readings", about, lines())


def verdicts() -> str:
    rows = ((name, word, f"{weight:g}") for name, (word, weight) in verdict.WEIGHTS.items())
    return page("Verdicts", inspect.getdoc(verdict) or "", grid(("fact", "speaks for", "weight"), rows))


def rules() -> str:
    """Every shipped rule."""

    def lines() -> Iterator[str]:
        for rule, pack in shipped_rules():
            yield from (f"## {rule.id}", "", f"**{rule.title}.** {rule.meaning}", "")
            parameters = "".join(f" {key} = {json.dumps(value)}" for key, value in rule.parameters.items())
            k, n = rule.open
            rows = [
                *([("pack", code(pack))] if pack else []),
                ("family", rule.family),
                ("level at most", rule.level),
                ("watches", code(rule.metric)),
                ("detector", f"[{rule.detector}](detectors.md#{rule.detector}){parameters}"),
                ("needs", f"n ≥ {rule.min_n}, effect ≥ {rule.min_effect:g}"),
                ("opens after", f"{k} breaches in {n} panes"),
                ("resolves after", f"{rule.close} quiet panes"),
                *([("looks for", code(json.dumps(rule.match, ensure_ascii=False)))] if rule.match else []),
                ("technique", rule.technique or "–"),
                ("false positives", rule.false_positives),
                ("gaps", rule.gaps),
                ("triage", rule.triage),
                ("runbook", rule.runbook),
            ]
            yield from grid(("", ""), ((key, cell(value)) for key, value in rows))

    about = (
        "The files of `monitors/rules`. `judge.rules` names another folder to use instead, `judge.more_rules` packs "
        "and folders to use beside; a hash is on every alert. Rules of a pack are in force only where it is named."
    )
    return page("Rules", about, lines())


def detector_pages() -> str:
    """Every detector."""

    def lines() -> Iterator[str]:
        for name in detectors.names():
            kind = detectors.kind(name)
            about = importlib.import_module(f"monitors.detectors.{name}").__doc__ or ""
            text = re.split(r"\n\s*>>>", inspect.getdoc(kind) or "")[0]
            given = {key: p.default for key, p in detectors.accepted(name).items()}
            yield from (f"## {name}", "", about.strip(), "", text.strip(), "")
            pays = "yes" if kind.calibrated else "no: what it says stays *suspected*"
            yield from (f"Calibrated (may pay from the error budget): {pays}.", "")
            yield from grid(("parameter", "default"), ((code(k), code(json.dumps(v))) for k, v in given.items()))
        yield from river_detectors()

    return page("Detectors", "Named by `detector` in a rule, with `[parameters]` of their own.", lines())


def command(name: str, parser: argparse.ArgumentParser, mark: str) -> Iterator[str]:
    """One command with its options, then its verbs."""
    yield from (f"{mark} {name}", "", (parser.description or "").strip(), "")
    rows = []
    for action in parser._actions:
        shown = ", ".join(action.option_strings) or str(action.metavar or action.dest)
        if action.option_strings and action.nargs != 0:
            shown += f" {action.metavar or action.dest.upper()}"
        rows.append((code(shown), cell(action.help or "")))
    yield from grid(("option", "meaning"), rows)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for verb, sub in action.choices.items():
                yield from command(f"{name} {verb}", sub, mark + "#")


def river_detectors() -> Iterator[str]:
    """What of River can be named, and how it is shown a series."""
    found = river_catalogue.entries()
    text = re.split(r"\n\s*>>>", inspect.getdoc(detectors.kind(next(iter(found)))) or "")[0]
    yield from ("## River's own", "", importlib.import_module("monitors.detectors._river").__doc__ or "", "")
    yield from (text.strip(), "", inspect.getdoc(river_catalogue) or "", "")
    rows = []
    for name in found:
        given = {key: p.default for key, p in detectors.accepted(name).items()}
        rows.append((code(name), ", ".join(code(f"{k} = {json.dumps(v)}") for k, v in given.items())))
    yield from grid(("detector", "parameters and defaults (null: left out)"), rows)
    refused = (f"{code(name)} ({why})" for name, why in river_catalogue.REFUSED.items())
    yield from (f"Not to be named: {', '.join(refused)}. Forecasters that can be wrapped:", "")
    yield from (f"- {code(name)}" for name in river_catalogue.forecasters())


def commands() -> str:
    """Every sub-command and option."""

    def lines() -> Iterator[str]:
        top = cli.parser(cli.commands())
        subs = next(a for a in top._actions if isinstance(a, argparse._SubParsersAction))
        for name, sub in subs.choices.items():
            yield from command(f"mirqab {name}", sub, "##")

    about = (
        "Data go to stdout, progress to stderr. Exit code 0: done; 1: failed, with one sentence on stderr; 2: not "
        "understood; 130: interrupted before it began to work."
    )
    return page("Commands", about, lines())


def receivers() -> str:
    """Every kind of receiver of pages and its options."""

    def lines() -> Iterator[str]:
        for kind in notifiers.names():
            found = notifiers.module(kind)
            yield from (f"## {kind}", "", inspect.getdoc(found) or "", "")
            yield "Told of every change." if found.KEYED else "Told of what is new, worse, repeated or over."
            yield ""
            marks = dict.fromkeys(found.REQUIRED, "needed")
            for name in found.SECRETS:
                marks[name] = f"{marks[name]}, secret" if name in marks else "secret"
            rows = [
                (code(n), cell(text) + (f" *({marks[n]})*" if n in marks else "")) for n, text in found.OPTIONS.items()
            ]
            yield from grid(("option", "meaning"), rows)

    about = (
        "Each is a module of `streams/notifiers`, named by `kind` in `[receivers.NAME]`. *secret*: given as the "
        "option with `_file`, or as the variable `MIRQAB_RECEIVER_<NAME>_<OPTION>`."
    )
    return page("Receivers of pages", about, lines())


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "detectors.md": detector_pages,
    "log-formats.md": log_formats,
    "log-record.md": log_record,
    "metrics.md": metrics,
    "readings.md": readings,
    "receivers.md": receivers,
    "rules.md": rules,
    "settings.md": settings,
    "tables.md": table_pages,
    "verdicts.md": verdicts,
}


def stale() -> list[str]:
    """Pages that no longer say what the code says."""
    return [n for n, made in PAGES.items() if not (FOLDER / n).is_file() or (FOLDER / n).read_text("utf-8") != made()]


def main() -> int:
    """Write the pages, or with `--check` only name the stale ones."""
    old = stale()
    for name in old:
        print(name)
        if "--check" not in sys.argv[1:]:
            FOLDER.mkdir(exist_ok=True)
            (FOLDER / name).write_text(PAGES[name](), "utf-8")
    return 1 if old and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
