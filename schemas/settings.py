"""Every setting, defined once: name, type, default, unit and a line of help; from one TOML file and the environment.

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
from schemas.tomlfile import NotToml, read_toml


def setting(default: Any, help: str, *, secret: bool = False, judged: bool = False) -> Any:
    """One setting. `judged` marks those that change what is alerted: their hash is on every alert."""
    meta = {"help": help, "secret": secret, "judged": judged}
    if isinstance(default, (dict, list)):
        return field(default_factory=lambda: type(default)(default), metadata=meta)
    return field(default=default, repr=not secret, metadata=meta)


@dataclass(frozen=True, slots=True)
class Kafka:
    """The broker and how to reach it."""

    brokers: str = setting("127.0.0.1:9092", "host:port of one or more brokers, separated by commas")
    topics: list[str] = setting(["inference"], "topics that carry inference logs")
    group: str = setting("mirqab", "consumer group of the workers")
    prefix: str = setting("mirqab", "prefix of the topics Mirqab makes for itself")
    partitions: int = setting(4, "partitions of the summaries and labels topics")
    replication: int = setting(1, "copies of each partition of the topics Mirqab makes")
    security: str = setting("PLAINTEXT", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL")
    ca_file: str = setting(
        "", "PEM file of the authority that signed the broker's certificate; empty uses the system's"
    )
    cert_file: str = setting("", "PEM file of our client certificate, for mutual TLS")
    key_file: str = setting("", "PEM file of its private key")
    sasl_mechanism: str = setting("SCRAM-SHA-512", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
    username: str = setting("", "SASL user name")
    password: str = setting("", "SASL password", secret=True)
    idempotent: bool = setting(True, "publish with idempotence; off for the embedded broker, which lacks it")
    session_seconds: float = setting(10.0, "a worker that is silent this long loses its partitions, seconds")
    max_poll_records: int = setting(32768, "most records taken from one partition at a time")


@dataclass(frozen=True, slots=True)
class Store:
    """ClickHouse, or chDB, which embeds the same engine."""

    url: str = setting("", "http(s)://host:port of ClickHouse; empty embeds chDB in the folder below")
    folder: str = setting("mirqab-data", "folder of the embedded store")
    database: str = setting("mirqab", "database name")
    username: str = setting("default", "ClickHouse user name")
    password: str = setting("", "ClickHouse password", secret=True)
    ca_file: str = setting("", "PEM file of the authority that signed ClickHouse's certificate")
    retry_seconds: float = setting(0.5, "first pause after a failed write; it doubles up to 15 s")
    retention_days: int = setting(0, "days that events, texts and rejects are kept; 0 keeps them for ever")


@dataclass(frozen=True, slots=True)
class Line:
    """How the stream is cut, closed and bounded."""

    format: str = setting("json_lines", "log format of the topics: a module of schemas/formats")
    block_records: int = setting(4096, "most offsets in a block, the unit of commit")
    block_seconds: float = setting(60.0, "a block ends after this long, seconds")
    linger_seconds: float = setting(1.0, "new data are published to the judge at most this much later, seconds")
    lateness_seconds: int = setting(
        60, "a minute closes when every partition is this far past it, seconds", judged=True
    )
    idle_seconds: float = setting(30.0, "a partition at its end this long no longer holds minutes open, seconds")
    live_seconds: float = setting(
        3600.0, "clock ticks close minutes only within this distance of the newest event, seconds"
    )
    future_seconds: int = setting(300, "events further ahead of the broker's clock are flagged and not judged, seconds")
    pane_minutes: int = setting(5, "length of a pane, minutes", judged=True)
    max_record_bytes: int = setting(1_048_576, "larger records are rejected, bytes")
    max_models: int = setting(2000, "model versions judged; the rest are counted under (other)", judged=True)
    max_principals: int = setting(256, "principals counted by name per model and minute", judged=True)
    max_predictions: int = setting(64, "predictions counted by name per model and minute", judged=True)
    max_segments: int = setting(
        16, "segments counted by name per model and key of the records' `segment`, the commonest first", judged=True
    )
    max_query_principals: int = setting(
        128, "principals whose queries attack monitors see, per model and minute; others have their turn", judged=True
    )
    max_queries: int = setting(
        32, "queries of each of those that attack monitors see, per model and minute; 0 turns them off", judged=True
    )
    stall_seconds: float = setting(300.0, "a worker that makes no progress this long exits with the reason, seconds")


@dataclass(frozen=True, slots=True)
class Judge:
    """What is normal, and how many false alarms are accepted."""

    baseline_events: int = setting(2000, "events a baseline is learnt from", judged=True)
    baseline_minutes: int = setting(60, "shortest time a baseline is learnt from, minutes", judged=True)
    false_pages_per_month: float = setting(1.0, "false pages accepted per team and month", judged=True)
    false_tickets_per_week: float = setting(1.0, "false tickets accepted per team and week", judged=True)
    model_slots: int = setting(
        100, "model versions the budgets are divided among; further ones are only suspected", judged=True
    )
    propose_days: float = setting(
        7.0, "a drift alert open this long makes Mirqab propose a new baseline, days; 0 waits for a person to ask"
    )
    calendar: str = setting("", "TOML file of the days off; empty takes Friday and Saturday, and hours in UTC")
    rules: str = setting("", "folder of rules used instead of the shipped ones", judged=True)


@dataclass(frozen=True, slots=True)
class Privacy:
    """What of a log is kept."""

    text: str = setting("hashes", "prompts and responses: none, hashes or plain")
    key: str = setting("", "secret for keyed hashes of texts and pseudonyms", secret=True)
    pseudonyms: bool = setting(False, "replace principals and source addresses with keyed hashes before storing")
    keep_rejects: bool = setting(False, "keep the first 4,096 bytes of rejected records")


@dataclass(frozen=True, slots=True)
class Console:
    """The built-in web console."""

    host: str = setting("127.0.0.1", "address to listen on; beyond localhost a token or a proxy header is needed")
    port: int = setting(8765, "port to listen on; 0 chooses a free one")
    token: str = setting("", "token that opens the console beyond localhost", secret=True)
    proxy_header: str = setting("", "header in which a trusted proxy names the signed-in user")
    allowed_hosts: list[str] = setting([], "host names accepted in requests, beside localhost")


@dataclass(frozen=True, slots=True)
class Metrics:
    """Prometheus metrics of the worker."""

    host: str = setting("127.0.0.1", "address to listen on")
    port: int = setting(0, "port of /metrics and /healthz; 0 turns it off")


SECTIONS: dict[str, type] = {
    "kafka": Kafka,
    "store": Store,
    "line": Line,
    "judge": Judge,
    "privacy": Privacy,
    "console": Console,
    "metrics": Metrics,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, one attribute per section, and the `models` patterns in the order of the file."""

    kafka: Kafka = field(default_factory=Kafka)
    store: Store = field(default_factory=Store)
    line: Line = field(default_factory=Line)
    judge: Judge = field(default_factory=Judge)
    privacy: Privacy = field(default_factory=Privacy)
    console: Console = field(default_factory=Console)
    metrics: Metrics = field(default_factory=Metrics)
    models: dict[str, ModelInfo] = field(default_factory=dict)
    calendar: Days = USUAL  # what the file of `judge.calendar` says

    def model(self, name: str) -> ModelInfo:
        """What is known of a model: the first pattern that matches its name."""
        for pattern, info in self.models.items():
            if fnmatchcase(name, pattern):
                return info
        return ModelInfo()

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
        if key not in SECTIONS and key != "models":
            raise SettingError(f"{given}: {unknown('section', key, [*SECTIONS, 'models'])}")
    sections = {name: _section(name, cls, data.get(name, {}), env, str(given)) for name, cls in SECTIONS.items()}
    _refuse_unknown_variables(env)
    days = read_days(sections["judge"].calendar) if sections["judge"].calendar else USUAL
    return Settings(**sections, models=read_models(data.get("models", {}), str(given)), calendar=days)


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
        if variable.startswith("MIRQAB_") and variable not in known and not variable.startswith("MIRQAB_TEST_"):
            raise SettingError(unknown("environment variable", variable, known))
