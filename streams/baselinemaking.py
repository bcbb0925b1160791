"""What `baseline set` gives: baselines learnt from a log file, or the newest of each model version in a file of them.

It says what it left out and why, and raises where nothing is left. It numbers and stores nothing.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from monitors.learn import SMALLEST
from schemas.baselines import Baseline
from schemas.errors import BaselineError, UsageError, unknown
from schemas.events import OTHER
from schemas.settings import Settings
from streams.baselinefile import Gatherer, as_records, is_baselines, read_baselines
from streams.onefile import lines_of
from streams.terminal import Progress

Name = tuple[str, str]


@dataclass(slots=True)
class Made:
    """The baselines, model versions that were left out with the reason, how many lines were read and how many broken.

    `notes` are sentences for the person who gave the file.
    """

    baselines: list[Baseline]
    skipped: list[dict[str, Any]] = field(default_factory=list)
    events: int = 0
    rejects: int = 0
    notes: list[str] = field(default_factory=list)


def make(settings: Settings, path: Path, model: str | None, version: str | None) -> Made:
    """Baselines from a file of either kind.

    A pipe is copied first: the file is read more than once.

    Raises UsageError for a file, a model or a version that is not there, BaselineError where no baseline can be made.
    """
    if path.is_fifo():
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / path.name
            with path.open("rb") as pipe, copy.open("wb") as file:
                shutil.copyfileobj(pipe, file)
            return make(settings, copy, model, version)
    if is_baselines(path):
        return Made(_newest(path, read_baselines(path), model, version))
    return _learnt(settings, path, model, version)


def _newest(path: Path, baselines: Iterable[Baseline], model: str | None, version: str | None) -> list[Baseline]:
    newest: dict[Name, Baseline] = {}
    for baseline in sorted(baselines, key=lambda b: (b.model, b.version, b.number)):
        newest[baseline.model, baseline.version] = baseline
    _must_be_there(path, newest, model, version)
    return [b for name, b in newest.items() if _fits(name, model, version)]


def _learnt(settings: Settings, path: Path, model: str | None, version: str | None) -> Made:
    reader = Gatherer(settings, lambda m, v: _fits((m, v), model, version))
    gathering, progress = reader.gathering, Progress("baseline")
    reader.read(
        path, lambda: progress.say(lambda: f"{gathering.events:,} events, {reader.rejects.total:,} broken lines")
    )
    if not gathering.events:
        raise UsageError(f"{path}: no event could be read: {_broken(reader, path) or 'the file is empty'}")
    _must_be_there(path, gathering.names, model, version)
    made = Made([], events=gathering.events, rejects=reader.rejects.total)
    for name in sorted(gathering.found):
        gathered = gathering.found[name]
        if len(gathered.rows) < SMALLEST or name[0] == OTHER:
            reason = f"{gathered.events:,} events; at least {SMALLEST} are needed"
            made.skipped.append({"model": name[0], "version": name[1], "events": gathered.events, "reason": reason})
            continue
        made.baselines.append(gathering.learn(*name, number=1))
        if gathered.events < settings.judge.baseline_events:
            wanted = f"a worker would have waited for {settings.judge.baseline_events:,} (judge.baseline_events)"
            made.notes.append(f"{_said(name)}: only {gathered.events:,} events; {wanted}")
    made.notes += [*reader.recognised.sentences(), *_left_out(made, reader, path)]
    if not made.baselines:
        raise BaselineError(f"{path}: no baseline can be learnt: {'; '.join(made.notes) or 'it has no such events'}")
    return made


def _left_out(made: Made, reader: Gatherer, path: Path) -> list[str]:
    notes = [f"{_said((each['model'], each['version']))}: {each['reason']}" for each in made.skipped[:10]]
    if len(made.skipped) > 10:
        notes.append(f"{len(made.skipped) - 10:,} more model versions have too few events")
    if reader.gathering.beyond:
        notes.append(f"{reader.gathering.beyond:,} events of models beyond line.max_models were left out; give --model")
    if reader.gathering.future:
        notes.append(f"{reader.gathering.future:,} events ahead of their broker's clock were left out")
    if reader.rejects.total:
        notes.append(_broken(reader, path))
    return notes


def _broken(reader: Gatherer, path: Path) -> str:
    """How many lines were broken, and the reasons met most often, each with its first line."""
    if not reader.rejects.total:
        return ""
    lines = lines_of(reader.rejects.first, [path], as_records())
    return f"{reader.rejects.total:,} broken lines ({reader.rejects.told(lines)})"


def _must_be_there(path: Path, names: Iterable[Name], model: str | None, version: str | None) -> None:
    there = sorted(names)
    if any(_fits(name, model, version) for name in there):
        return
    if model is not None and model not in {name for name, _ in there}:
        raise UsageError(f"{path}: {unknown('model', model, {name for name, _ in there[:50]})}")
    of = {v or '""' for m, v in there if model in (None, m)}
    kind = f"version of {model}" if model else "version"
    raise UsageError(f"{path}: {unknown(kind, version or '', sorted(of)[:50])}")


def _fits(name: Name, model: str | None, version: str | None) -> bool:
    return (model is None or name[0] == model) and (version is None or name[1] == version)


def _said(name: Name) -> str:
    return " ".join(part for part in name if part)
