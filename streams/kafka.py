"""How to reach the broker: the settings of [kafka] as arguments for kafka-python and for aiokafka.

TLS always checks the broker's certificate and host name; there is no switch to turn that off. Contradictions between
settings are refused here, before anything connects. Nothing here connects, and no password is in any text made here.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.errors import SettingError, unknown
from schemas.settings import Kafka

CLIENT_ID = "mirqab"
SECURITY = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
DEFAULT_PORT = 9092


@dataclass(frozen=True, slots=True)
class Access:
    """What a client needs besides addresses. `mechanism` is None without SASL, `tls` None without TLS."""

    security: str
    tls: ssl.SSLContext | None = None
    mechanism: str | None = None
    username: str = ""
    password: str = field(default="", repr=False)


def addresses(settings: Kafka) -> list[tuple[str, int]]:
    """Host and port of each broker; the port is 9092 where none is given.

    Raises SettingError if there is no broker or one is malformed.
    """
    found = []
    for part in settings.brokers.split(","):
        host, colon, port = part.strip().rpartition(":")
        if not colon or host.endswith(":") or part.strip().endswith("]"):
            host, port = part.strip(), str(DEFAULT_PORT)
        host = host.strip("[]")
        if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise SettingError(f"kafka.brokers: {part.strip()!r} is not host:port; give for example broker1:9092")
        found.append((host, int(port)))
    return found


def access(settings: Kafka) -> Access:
    """Check the security settings against each other and read the certificates.

    Raises SettingError that names the two settings that contradict, or the file that cannot be used.
    """
    security = settings.security.upper()
    if security not in SECURITY:
        raise SettingError(unknown("value of kafka.security", settings.security, SECURITY))
    _refuse_contradictions(settings, security)
    tls = tls_context(settings) if security.endswith("SSL") else None
    if not security.startswith("SASL"):
        return Access(security, tls)
    return Access(security, tls, settings.sasl_mechanism.upper(), settings.username, settings.password)


def admin_arguments(settings: Kafka) -> dict[str, Any]:
    """Arguments for kafka-python's clients. Raises SettingError as `access` does."""
    return _arguments(settings) | {"client_id": CLIENT_ID}


def aio_arguments(settings: Kafka) -> dict[str, Any]:
    """Arguments for aiokafka's clients. Raises SettingError as `access` does."""
    return _arguments(settings) | {"client_id": CLIENT_ID}


def tls_context(settings: Kafka) -> ssl.SSLContext:
    """A context that checks the broker's certificate, with our own if one is configured.

    Raises SettingError that names the file that cannot be read or does not fit.
    """
    if settings.ca_file:
        _readable("kafka.ca_file", settings.ca_file)
    try:
        context = ssl.create_default_context(cafile=settings.ca_file or None)
    except (ssl.SSLError, OSError) as e:
        raise SettingError(f"kafka.ca_file: {settings.ca_file} holds no usable PEM certificate") from e
    if settings.cert_file:
        _readable("kafka.cert_file", settings.cert_file)
        _readable("kafka.key_file", settings.key_file)
        try:
            # Without this callback OpenSSL would ask for the passphrase on the terminal and hang a service.
            context.load_cert_chain(settings.cert_file, settings.key_file, password=_no_passphrase)
        except ssl.SSLError as e:
            raise SettingError(
                f"kafka.cert_file {settings.cert_file} and kafka.key_file {settings.key_file} are not a PEM "
                "certificate and its private key"
            ) from e
    return context


def _arguments(settings: Kafka) -> dict[str, Any]:
    reach = access(settings)
    result: dict[str, Any] = {
        "bootstrap_servers": [
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in addresses(settings)
        ],
        "security_protocol": reach.security,
    }
    if reach.tls is not None:
        result["ssl_context"] = reach.tls
    if reach.mechanism is not None:
        result |= {
            "sasl_mechanism": reach.mechanism,
            "sasl_plain_username": reach.username,
            "sasl_plain_password": reach.password,
        }
    return result


def _refuse_contradictions(settings: Kafka, security: str) -> None:
    if bool(settings.cert_file) != bool(settings.key_file):
        given, missing = ("cert_file", "key_file") if settings.cert_file else ("key_file", "cert_file")
        raise SettingError(f"kafka.{given} is set and kafka.{missing} is not; mutual TLS needs both")
    if not security.endswith("SSL"):
        for name in ("ca_file", "cert_file"):
            if getattr(settings, name):
                raise SettingError(
                    f"kafka.{name} is set but kafka.security is {security}, which has no TLS; use SSL or SASL_SSL"
                )
    if security.startswith("SASL"):
        if settings.sasl_mechanism.upper() not in MECHANISMS:
            raise SettingError(unknown("value of kafka.sasl_mechanism", settings.sasl_mechanism, MECHANISMS))
        if not settings.username:
            raise SettingError(f"kafka.security is {security} and kafka.username is empty; SASL needs a user name")
        if not settings.password:
            raise SettingError(
                f"kafka.security is {security} and there is no password; set MIRQAB_KAFKA_PASSWORD or "
                "kafka.password_file"
            )
    elif settings.username or settings.password:
        raise SettingError(
            f"kafka.username or kafka.password is set but kafka.security is {security}, which does not send them; "
            "use SASL_SSL"
        )


def _readable(name: str, path: str) -> None:
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as e:
        raise SettingError(f"{name}: cannot read {path}: {e.strerror}") from e


def _no_passphrase() -> str:
    raise SettingError(
        "kafka.key_file: the private key is encrypted; give one without a passphrase, readable only by us"
    )
