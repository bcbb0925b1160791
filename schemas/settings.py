"""Every setting (`schemas.sections`), read from one TOML file and the environment.

`MIRQAB_CONFIG` or `--config` names the file; `MIRQAB_<SECTION>_<NAME>` overrides one value. An unknown key is an error
that names the nearest known one. With no file at all everything has a default. Secrets (`secret = True`) come only from
the environment or from the file named by `<name>_file`; they are never printed.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from schemas.days import USUAL, Days, read_days
from schemas.errors import SettingError, unknown
from schemas.modelinfo import ModelInfo, read_models
from schemas.receivers import VARIABLE, Receiver, Route, read_receivers, read_routes
from schemas.sections import (
    SECTIONS,
    Console,
    Drills,
    Grafana,
    Judge,
    Kafka,
    Line,
    Metrics,
    Pager,
    Privacy,
    Reports,
    Store,
)
from schemas.tomlfile import NotToml, read_toml
from schemas.topicinfo import TopicInfo, read_topics

__all__ = [
    "SECTIONS",
    "Console",
    "Drills",
    "Grafana",
    "Judge",
    "Kafka",
    "Line",
    "Metrics",
    "Pager",
    "Privacy",
    "Reports",
    "Settings",
    "Store",
    "load_settings",
]


TABLES = ("models", "topics", "receivers", "routes")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, one attribute per section, and the `models` and `topics` patterns in the order of the file."""

    kafka: Kafka = field(default_factory=Kafka)
    store: Store = field(default_factory=Store)
    line: Line = field(default_factory=Line)
    judge: Judge = field(default_factory=Judge)
    privacy: Privacy = field(default_factory=Privacy)
    console: Console = field(default_factory=Console)
    pager: Pager = field(default_factory=Pager)
    metrics: Metrics = field(default_factory=Metrics)
    grafana: Grafana = field(default_factory=Grafana)
    reports: Reports = field(default_factory=Reports)
    drills: Drills = field(default_factory=Drills)
    models: dict[str, ModelInfo] = field(default_factory=dict)
    topics: dict[str, TopicInfo] = field(default_factory=dict)
    receivers: dict[str, Receiver] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    calendar: Days = USUAL  # what the file of `judge.calendar` says

    def model(self, name: str) -> ModelInfo:
        """What is known of a model: the first pattern that matches its name."""
        for pattern, info in self.models.items():
            if fnmatchcase(name, pattern):
                return info
        return ModelInfo()

    def format(self, topic: str) -> str:
        """The log format of a topic: of the first pattern that matches its name, else `line.format`."""
        return next((info.format for name, info in self.topics.items() if fnmatchcase(topic, name)), self.line.format)

    def with_format(self, name: str) -> Settings:
        """A copy in which every topic has this format."""
        return dataclasses.replace(self.replace("line", format=name), topics={})

    @property
    def rounds(self) -> tuple[str, ...]:
        """What is to be made by itself, in rounds: reports, drills."""
        wanted = {"reports": self.reports.catch_up_weeks > 0, "drills": self.drills.every_days > 0}
        return tuple(name for name, want in wanted.items() if want)

    @property
    def judged_hash(self) -> str:
        """Hash of every setting that changes what is alerted."""
        parts = []
        for section in SECTIONS:
            values = getattr(self, section)
            for f in dataclasses.fields(values):
                if f.metadata["judged"]:
                    parts.append(f"{section}.{f.name}={getattr(values, f.name)!r}")
        parts += [f"models.{pattern}.team={info.team}" for pattern, info in self.models.items()]
        parts += [f"models.{name}.segments={info.segments!r}" for name, info in self.models.items() if info.segments]
        if self.calendar != USUAL:
            parts.append(f"calendar={self.calendar!r}")
        return blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()

    def replace(self, section: str, **changes: Any) -> Settings:
        """A copy with some values of one section changed."""
        values = dataclasses.replace(getattr(self, section), **changes)
        return dataclasses.replace(self, **{section: values})


def load_settings(path: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the file (argument, else `MIRQAB_CONFIG`, else none) and the environment.

    Raises SettingError that names the file or variable, what came and what would be right.
    """
    env = os.environ if environ is None else environ
    given = path or env.get("MIRQAB_CONFIG")
    data: dict[str, Any] = {}
    if given:
        try:
            data = read_toml(given)
        except OSError as e:
            raise SettingError(f"cannot read settings file {given}: {e.strerror}") from e
        except NotToml as e:
            raise SettingError(str(e)) from e
    for key in data:
        if key not in SECTIONS and key not in TABLES:
            raise SettingError(f"{given}: {unknown('section', key, [*SECTIONS, *TABLES])}")
    sections = {name: _section(name, cls, data.get(name, {}), env, str(given)) for name, cls in SECTIONS.items()}
    _refuse_unknown_variables(env)
    days = read_days(sections["judge"].calendar) if sections["judge"].calendar else USUAL
    receivers = read_receivers(data.get("receivers", {}), env, str(given))
    _refuse_unknown_receivers(sections["pager"], receivers)
    _refuse_no_mail(sections["reports"].mail_by, receivers)
    return Settings(
        **sections,
        models=read_models(data.get("models", {}), str(given)),
        topics=read_topics(data.get("topics", {}), str(given)),
        receivers=receivers,
        routes=read_routes(data.get("routes", []), receivers, str(given)),
        calendar=days,
    )


def _refuse_unknown_receivers(pager: Pager, receivers: Mapping[str, Receiver]) -> None:
    named = {"escalate_to": pager.escalate_to, "heartbeat_to": pager.heartbeat_to, "fallback": [pager.fallback]}
    for key, names in named.items():
        for name in names:
            if name and name not in receivers:
                raise SettingError(f"pager.{key}: {unknown('receiver', name, receivers)}")


def _refuse_no_mail(name: str, receivers: Mapping[str, Receiver]) -> None:
    mails = [one.name for one in receivers.values() if one.kind == "email"]
    if name and name not in mails:
        raise SettingError(f"reports.mail_by: {unknown('receiver of kind email', name, mails)}")


def _section(name: str, cls: type, table: Any, env: Mapping[str, str], where: str) -> Any:
    if not isinstance(table, dict):
        raise SettingError(f"{where}: [{name}] must be a table")
    fields = {f.name: f for f in dataclasses.fields(cls)}
    types = get_type_hints(cls)
    values: dict[str, Any] = {}
    for key, value in table.items():
        secret_file = key.removesuffix("_file")
        if key not in fields and secret_file in fields and fields[secret_file].metadata["secret"]:
            values[secret_file] = _read_secret(value, f"{name}.{key}")
        elif key not in fields:
            raise SettingError(f"{where}: {unknown(f'key in [{name}]', key, fields)}")
        elif fields[key].metadata["secret"]:
            raise SettingError(
                f"{where}: {name}.{key} is a secret; give it as MIRQAB_{name.upper()}_{key.upper()} or name a file "
                f"with {key}_file"
            )
        else:
            values[key] = _convert(value, types[key], f"{where}: {name}.{key}")
    for key in fields:
        variable = f"MIRQAB_{name}_{key}".upper()
        if variable in env:
            values[key] = _convert(_parse(env[variable], types[key]), types[key], variable)
        most = fields[key].metadata["most"]
        if most is not None and not 0 <= values.get(key, 0) <= most:
            raise SettingError(f"{name}.{key}: must be from 0 to {most}; got {values[key]}")
    return cls(**values)


def _parse(text: str, kind: Any) -> Any:
    if kind == list[str]:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            return text
    return text


def _convert(value: Any, kind: Any, where: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as e:
        raise SettingError(f"{where}: {e}; got {value!r}") from e


def _read_secret(path: Any, where: str) -> str:
    try:
        return Path(str(path)).read_text(encoding="utf-8").strip()
    except OSError as e:
        raise SettingError(f"{where}: cannot read secret file {path}: {e.strerror}") from e


def _refuse_unknown_variables(env: Mapping[str, str]) -> None:
    known = {f"MIRQAB_{name}_{f.name}".upper() for name, cls in SECTIONS.items() for f in dataclasses.fields(cls)}
    known.add("MIRQAB_CONFIG")
    for variable in env:
        ours = variable.startswith("MIRQAB_") and not variable.startswith(("MIRQAB_TEST_", VARIABLE))
        if ours and variable not in known:
            raise SettingError(unknown("environment variable", variable, known))
