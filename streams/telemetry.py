"""What the worker tells Prometheus: every metric defined once below, and a small server for /metrics and /healthz.

Values are set by whoever knows them or read from the process's `Meter` when asked. Nothing here is stored or judged.
The server is off unless `metrics.port` is set and listens on localhost unless `metrics.host` says otherwise; it knows
no users, so what it shows is counts and names of topics, never anything out of a record.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from schemas.errors import SettingError, unknown
from schemas.settings import Metrics

if TYPE_CHECKING:
    from streams.meter import Meter

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Kind(NamedTuple):
    """One metric: `name` is its Prometheus name; a counter's ends in _total."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    @property
    def counter(self) -> bool:
        """True if it only grows."""
        return self.name.endswith("_total")


METRICS: dict[str, Kind] = {
    "events": Kind("mirqab_events_total", "Records decoded to events."),
    "rejects": Kind("mirqab_rejects_total", "Records that could not be read."),
    "rejects_by_reason": Kind("mirqab_rejects_by_reason_total", "Rejected records by class of reason.", ("reason",)),
    "late": Kind("mirqab_late_events_total", "Events that came after their minute was closed."),
    "future": Kind("mirqab_future_events_total", "Events dated too far ahead, stored and not judged."),
    "blocks": Kind("mirqab_blocks_total", "Blocks ended, stored and published."),
    "closes": Kind("mirqab_closed_minutes_total", "Minutes closed and judged."),
    "readings": Kind("mirqab_readings_total", "Readings taken from closed minutes."),
    "signals": Kind("mirqab_signals_total", "Signals that detectors gave."),
    "alerts": Kind("mirqab_alerts_total", "Alerts opened."),
    "baselines": Kind("mirqab_baselines_total", "Baselines learnt."),
    "lag": Kind("mirqab_lag_records", "Records behind the end of a partition.", ("topic", "partition")),
    "watermark_age": Kind("mirqab_watermark_age_seconds", "Age of the newest event seen."),
    "closed_age": Kind("mirqab_closed_minute_age_seconds", "Age of the last judged minute, by shard.", ("shard",)),
    "store_wait": Kind("mirqab_store_wait_seconds", "How long the store has been waited for; 0 while it answers."),
    "restarts": Kind("mirqab_agent_restarts_total", "Agents that were restarted after an error."),
    "publish_age": Kind("mirqab_publish_age_seconds", "Time since the last successful publish."),
    "rebalances": Kind("mirqab_rebalances_total", "Times the group's partitions were dealt anew."),
}

# Meter's attributes that are metrics of the same name.
METERED = ("events", "rejects", "late", "future", "blocks", "closes", "readings", "signals", "alerts", "baselines")


@dataclass(frozen=True, slots=True)
class Health:
    """What /healthz answers: 200 if `ok`, else 503, and the text."""

    ok: bool
    text: str


class Telemetry(Collector):
    """Values of `METRICS` in a registry of its own. A metric never set is not shown, because absence is not zero.

    Safe to use from several threads. `add` and `set` raise SettingError for a name that is not in `METRICS`.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.before_scrape: list[Callable[[], None]] = []
        self._values: dict[str, dict[tuple[str, ...], float]] = {}
        self._lock = threading.Lock()
        self.registry.register(self)

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Let a counter grow."""
        series, values = self._series(name, labels)
        with self._lock:
            values[series] = values.get(series, 0.0) + amount

    def set(self, name: str, value: float | None, **labels: str) -> None:
        """State the present value; None: not known, and not shown."""
        series, values = self._series(name, labels)
        with self._lock:
            if value is None:
                values.pop(series, None)
            else:
                values[series] = float(value)

    def follow(self, meter: Meter, now_ns: Callable[[], int]) -> None:
        """Read this meter whenever metrics are asked for; `now_ns` is the clock the events are dated by."""

        def read() -> None:
            for name in METERED:
                self.set(name, getattr(meter, name))
            if meter.newest_ns:
                self.set("watermark_age", (now_ns() - meter.newest_ns) / 1e9)
            for shard, minute_ns in list(meter.last_closed_ns.items()):
                self.set("closed_age", (now_ns() - minute_ns) / 1e9, shard=str(shard))

        self.before_scrape.append(read)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        for read in self.before_scrape:
            read()
        return generate_latest(self.registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing: names are known, values are not, when this is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The values set so far."""
        with self._lock:
            values = {name: dict(series) for name, series in self._values.items() if series}
        for name, series in sorted(values.items()):
            kind = METRICS[name]
            family = (CounterMetricFamily if kind.counter else GaugeMetricFamily)(
                kind.name, kind.help, labels=kind.labels
            )
            for labels, value in sorted(series.items()):
                family.add_metric(labels, value)
            yield family

    def _series(self, name: str, labels: Mapping[str, str]) -> tuple[tuple[str, ...], dict[tuple[str, ...], float]]:
        if name not in METRICS:
            raise SettingError(unknown("metric", name, METRICS))
        series = tuple(labels[label] for label in METRICS[name].labels)
        return series, self._values.setdefault(name, {})


@contextmanager
def served(telemetry: Telemetry, settings: Metrics, health: Callable[[], Health]) -> Iterator[str | None]:
    """Serve /metrics and /healthz from a thread while the block runs; the value is the address, None if turned off.

    `health` is called in that thread. Raises SettingError if the address cannot be bound.
    """
    if settings.port == 0:
        yield None
        return
    try:
        server = make_server(settings.host, settings.port, _answer(telemetry, health), _Server, _Quiet)
    except OSError as e:
        raise SettingError(f"metrics.host {settings.host}, metrics.port {settings.port}: {e.strerror}") from e
    thread = threading.Thread(target=server.serve_forever, args=(0.2,), name="mirqab-metrics", daemon=True)
    thread.start()
    try:
        yield f"http://{settings.host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(telemetry: Telemetry, health: Callable[[], Health]) -> Any:
    def app(environ: Mapping[str, Any], start: Callable[..., Any]) -> list[bytes]:
        status, kind, body = "404 Not Found", CONTENT_TYPE, b"try /metrics or /healthz\n"
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            status, body = "405 Method Not Allowed", b"GET only\n"
        elif environ["PATH_INFO"] == "/metrics":
            status, body = "200 OK", telemetry.text()
        elif environ["PATH_INFO"] == "/healthz":
            found = health()
            status, kind = "200 OK" if found.ok else "503 Service Unavailable", "application/json"
            body = json.dumps({"ok": found.ok, "text": found.text}).encode() + b"\n"
        start(status, [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")])
        return [body]

    return app


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        # The parent asks the name service who we are, which may take long and is used for nothing.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    timeout = 10  # a client that sends nothing must not keep a thread

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line per scrape says nothing."""
