"""Everything that Mirqab makes in Grafana, put together from the settings: what `render` writes and `push` sends."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from dashboards.grafana.alerting import alert_rule, all_rules
from dashboards.grafana.board import all_boards, dashboard
from dashboards.grafana.panels import PLUGIN, Json
from dashboards.grafana.receivers import MUTED, Secret, contact_points, mute_timings, receiver
from schemas.errors import SettingError
from schemas.settings import Settings

PREFIX = "mirqab-"  # every uid of ours begins like this; nothing else is ever changed or deleted
FOLDER = "mirqab"
DATASOURCE = "mirqab-clickhouse"


@dataclass(frozen=True, slots=True)
class Bundle:
    """All of it as Grafana's API reads it. `datasource` is None where the user's own is used."""

    folder: Json
    datasource: Json | None
    dashboards: tuple[Json, ...]
    rules: tuple[Json, ...]
    contact_points: tuple[Json, ...]
    mute_timings: tuple[Json, ...]


def bundle(settings: Settings, secret: Secret = lambda name, value: value) -> Bundle:
    """Made from the settings alone; `secret` says what is written in place of a secret. Raises SettingError."""
    grafana = settings.grafana
    console = (settings.console.url or f"http://127.0.0.1:{settings.console.port}").rstrip("/")
    check_address("console.url", console)
    source = grafana.datasource or DATASOURCE
    timings = mute_timings(grafana)
    rules = [
        alert_rule(
            rule,
            datasource=source,
            folder=FOLDER,
            console=console,
            absent=grafana.absent_minutes,
            receiver=receiver(grafana),
            muted=(MUTED,) if timings else (),
        )
        for rule in all_rules()
    ]
    return Bundle(
        folder={"uid": FOLDER, "title": grafana.folder},
        datasource=None if grafana.datasource else datasource(settings, secret),
        dashboards=tuple(dashboard(board, source, console) for board in all_boards()),
        rules=tuple(rules),
        contact_points=tuple(contact_points(grafana, secret)),
        mute_timings=tuple(timings),
    )


def datasource(settings: Settings, secret: Secret) -> Json:
    """The plugin's data source over ClickHouse's HTTP interface. Raises SettingError where no address is known."""
    address = settings.grafana.store_url or settings.store.url
    if not address:
        raise SettingError("grafana.store_url and store.url are empty; Grafana needs the address of a ClickHouse")
    url = check_address("grafana.store_url" if settings.grafana.store_url else "store.url", address)
    secure = url.scheme == "https"
    json_data: Json = {
        "host": url.hostname,
        "port": url.port or (8443 if secure else 8123),
        "protocol": "http",
        "secure": secure,
        "username": settings.grafana.store_username,
        "defaultDatabase": settings.store.database,
        "dialTimeout": "10",
        "queryTimeout": "60",
    }
    hidden = {}
    if settings.grafana.store_password:
        hidden["password"] = secret("grafana.store_password", settings.grafana.store_password)
    if secure and settings.store.ca_file:
        json_data["tlsAuthWithCACert"] = True
        hidden["tlsCACert"] = secret("store.ca_file", settings.store.ca_file)
    return {
        "uid": DATASOURCE,
        "name": "Mirqab ClickHouse",
        "type": PLUGIN,
        "access": "proxy",
        "isDefault": False,
        "jsonData": json_data,
        "secureJsonData": hidden,
    }


def check_address(name: str, address: str) -> SplitResult:
    """The parts of an http(s) address without user or password. Raises SettingError."""
    url = urlsplit(address)
    if url.scheme not in ("http", "https") or not url.hostname or url.username or url.password:
        raise SettingError(f"{name} must be http(s)://host:port without user or password; those are settings")
    return url
