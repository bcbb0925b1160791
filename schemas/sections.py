"""The sections of the settings file as data: each setting once, with name, type, default, unit and a line of help.

`setting` makes one; secrets (`secret = True`) come only from the environment or from files and are never printed;
`judged` ones change what is alerted. Reading files and variables is `schemas.settings`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def setting(default: Any, help: str, *, secret: bool = False, judged: bool = False, most: float | None = None) -> Any:
    """One setting. `judged` marks those that change what is alerted: their hash is on every alert.

    A number with `most` lies in 0 to that.
    """
    meta = {"help": help, "secret": secret, "judged": judged, "most": most}
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

    format: str = setting(
        "json_lines", "log format of topics that [topics] does not name; auto tells it by each record"
    )
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
    max_artifacts: int = setting(
        1000, "files (`artifact_hash`) kept per model in the asset register; further ones are one, (other)"
    )
    max_principals: int = setting(256, "principals counted by name per model and minute", judged=True)
    max_predictions: int = setting(64, "predictions counted by name per model and minute", judged=True)
    max_segments: int = setting(
        16, "segments counted by name per model and key of the records' `segment`, the commonest first", judged=True
    )
    max_query_principals: int = setting(
        128, "principals whose queries attack monitors see, per model and minute; others have their turn", judged=True
    )
    # Of 64 features those of one principal then still fit into a minute's summary (`schemas.queries.MOST_BYTES`).
    max_queries: int = setting(
        64,
        "queries of each of those that attack monitors see, per model and minute, 4096 at most; 0 turns them off",
        judged=True,
        most=4096,
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
        100,
        "model versions the budgets are divided among, equally many in each partition of the summaries; "
        "further ones are only suspected, so leave room",
        judged=True,
    )
    early_share: float = setting(
        0.25,
        "part of the false alarms budgeted for attacks that is for those told before their minute closes, 0.9 at most, "
        "as the closes keep some; 0 tells none",
        judged=True,
        most=0.9,
    )
    propose_days: float = setting(
        7.0, "a drift alert open this long makes Mirqab propose a new baseline, days; 0 waits for a person to ask"
    )
    calendar: str = setting(
        "",
        "TOML file of the days off, sought from the current folder as all paths are; empty takes Friday and Saturday, "
        "and hours in UTC",
    )
    rules: str = setting("", "folder of rules used instead of the shipped ones", judged=True)
    more_rules: list[str] = setting(
        [], "rules beside those: genai, a shipped pack, or folders of TOML or Sigma (.yml) rules", judged=True
    )


TEXTS = ("none", "hashes", "encrypted", "plain")


@dataclass(frozen=True, slots=True)
class Privacy:
    """What of a log is kept."""

    text: str = setting(
        "hashes",
        "prompts and responses: none, hashes (with `privacy.key`; only lengths without it), encrypted or plain",
    )
    master_key: str = setting(
        "", "master keys for text = encrypted: 32 bytes as base64, the first one wraps, all unwrap", secret=True
    )
    key: str = setting("", "secret for keyed hashes of texts and pseudonyms", secret=True)
    canaries: str = setting(
        "", "words planted in system prompts and documents that no reply may hold, separated by blanks", secret=True
    )
    excerpt: int = setting(
        160,
        "characters of a text that alerts may show, masked; 0, or text = none or encrypted, shows none",
    )
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
    url: str = setting("", "address of the console as people reach it; pages of the pager and Grafana link to it")
    writer_username: str = setting(
        "", "ClickHouse user that may insert into `actions`, so that people can act on pages; empty only shows"
    )
    writer_password: str = setting("", "its password", secret=True)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Prometheus metrics of the worker."""

    host: str = setting("127.0.0.1", "address to listen on")
    port: int = setting(0, "port of /metrics and /healthz; 0 turns it off")


@dataclass(frozen=True, slots=True)
class Grafana:
    """What `mirqab grafana` makes in Grafana, and for whom."""

    url: str = setting("", "http(s)://host:port of Grafana, with its path if it has one; only push and diff need it")
    token: str = setting("", "token of a Grafana service account with the role Admin", secret=True)
    ca_file: str = setting("", "PEM file of the authority that signed Grafana's certificate")
    folder: str = setting("Mirqab", "title of the folder of dashboards and rules, where Mirqab makes it")
    datasource: str = setting("", "uid of a ClickHouse data source of your own; empty makes one")
    store_url: str = setting("", "http(s)://host:port of ClickHouse as Grafana reaches it; empty takes store.url")
    store_username: str = setting("mirqab_grafana", "ClickHouse user of the data source; it needs to read only")
    store_password: str = setting("", "its password", secret=True)
    receiver: str = setting("", "contact point of your own that alerts go to; empty takes those below")
    email: list[str] = setting([], "addresses that alerts are mailed to")
    webhook: str = setting("", "https address that alerts are posted to")
    slack_url: str = setting("", "incoming webhook of a Slack channel", secret=True)
    pagerduty_key: str = setting("", "integration key of a PagerDuty service (Events v2)", secret=True)
    maintenance: list[str] = setting([], "times without notifications, each like `friday saturday 22:00-23:30`")
    timezone: str = setting("UTC", "time zone of those times, such as Asia/Qatar")
    absent_minutes: int = setting(15, "nothing read or judged this long raises Grafana's own alert, minutes")


@dataclass(frozen=True, slots=True)
class Reports:
    """Weekly reports."""

    sample_rows: int = setting(50_000, "most events of a week that are looked at one by one; all are counted")
    false_share: float = setting(0.05, "share of reports on healthy weeks that may name a change that is none")
    catch_up_weeks: int = setting(4, "weeks back whose missing reports are made, weeks; 0 makes none by itself")
    mail_by: str = setting("", "e-mail receiver whose server and sender mail the weekly reports; empty mails none")
    mail_page: bool = setting(True, "attach the whole page; off sends the short text and a link to the console")
    signing_key: str = setting("", "64 hex digits, an Ed25519 private key that signs evidence packs", secret=True)


@dataclass(frozen=True, slots=True)
class Drills:
    """Drills that are run by themselves."""

    every_days: float = setting(7.0, "days after which a model is drilled again; 0 never drills by itself")
    events: int = setting(6000, "newest events of a model that are copied; trouble is put into the second half of them")


@dataclass(frozen=True, slots=True)
class Pager:
    """How patient the pager is. Whom it tells are [receivers.*] and [[routes]]."""

    wait_seconds: float = setting(0.5, "a first page waits this long for what belongs to it, seconds")
    repeat_minutes: float = setting(240.0, "an open page that nobody acknowledges is told again so often; 0 never")
    escalate_minutes: float = setting(30.0, "and told to `escalate_to` after this long; 0 never")
    escalate_to: list[str] = setting([], "receivers that are told of pages nobody acknowledges")
    fallback: str = setting("", "receiver that is told when another one takes no pages; else the first other one is")
    undelivered_seconds: float = setting(120.0, "a page that is not taken for this long is told to the fallback")
    heartbeat_to: list[str] = setting([], "receivers of a heartbeat; one of them must alarm when it stays away")
    heartbeat_seconds: float = setting(60.0, "seconds between heartbeats")
    stuck_minutes: float = setting(10.0, "records that wait this long while nothing is committed are an alarm, minutes")


SECTIONS: dict[str, type] = {
    "kafka": Kafka,
    "store": Store,
    "line": Line,
    "judge": Judge,
    "privacy": Privacy,
    "console": Console,
    "pager": Pager,
    "metrics": Metrics,
    "grafana": Grafana,
    "reports": Reports,
    "drills": Drills,
}
