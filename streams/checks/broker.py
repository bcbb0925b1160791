"""The broker: name, port, TLS and user of every address in kafka.brokers."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.errors import MirqabError
from schemas.settings import Settings
from streams.checks import FAILED, OK, WARNING, Finding, failed, is_local
from streams.kafka import access, addresses
from streams.reach import fault_of


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """Some of several brokers may be away; one must let us in."""
    kafka = settings.kafka
    security = access(kafka).security
    found = addresses(kafka)
    faults: dict[str, MirqabError | None] = {f"{host}:{port}": fault_of(kafka, host, port) for host, port in found}
    nobody = all(fault is not None for fault in faults.values())
    for where, fault in faults.items():
        if fault is None:
            user = f" as {kafka.username}" if security.startswith("SASL") else ""
            yield Finding("broker", OK, f"{where} lets us in{user} ({security})")
        else:
            yield failed("broker", fault, FAILED if nobody else WARNING)
    if not security.endswith("SSL") and not all(is_local(host) for host, _ in found):
        yield Finding(
            "broker", WARNING, f"logs travel unencrypted ({security})", "set kafka.security to SSL or SASL_SSL"
        )
