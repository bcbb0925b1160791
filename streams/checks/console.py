"""Who can reach the console and the metrics."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.settings import Settings
from streams.checks import FAILED, OK, WARNING, Finding, is_local


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """Beyond localhost the console needs a sign-in, and metrics know no users."""
    console, metrics = settings.console, settings.metrics
    where = f"console on {console.host}:{console.port}"
    if is_local(console.host):
        yield Finding("console", OK, f"{where}, this machine only")
    elif console.token or console.proxy_header:
        by = "a token" if console.token else f"the header {console.proxy_header} of a proxy"
        remedy = "let nobody reach it but through a proxy with TLS"
        yield Finding("console", WARNING, f"{where} can be reached from elsewhere with {by}, without TLS", remedy)
    else:
        remedy = "set MIRQAB_CONSOLE_TOKEN or console.proxy_header, or console.host to 127.0.0.1"
        yield Finding("console", FAILED, f"{where} would be open to everybody; it will not start", remedy)
    if metrics.port and not is_local(metrics.host):
        remedy = "let a firewall or network policy admit only Prometheus"
        yield Finding("console", WARNING, f"metrics on {metrics.host}:{metrics.port} know no users", remedy)
