"""Why a broker cannot be reached: name, port, TLS, user, in that order. Kafka's clients say only that they gave up.

For commands and the start of a worker: it opens one connection to a broker, sends nothing but the sign-in, and closes
it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from schemas.errors import BrokerUnavailable, MirqabError, SettingError
from schemas.settings import Kafka
from streams.kafka import CLIENT_ID, Access, access, addresses

TIMEOUT_SECONDS = 5.0


def require(settings: Kafka) -> None:
    """Return if one of the brokers lets us in.

    Raises SettingError if a setting keeps us out, BrokerUnavailable if no broker answers.
    """
    faults = []
    for host, port in addresses(settings):
        fault = fault_of(settings, host, port)
        if fault is None:
            return
        faults.append(fault)
    raise next((fault for fault in faults if isinstance(fault, SettingError)), faults[0])


def fault_of(settings: Kafka, host: str, port: int) -> MirqabError | None:
    """What is wrong with one broker; None if we were let in. Raises SettingError for settings that contradict."""
    reach = access(settings)
    where = f"{host}:{port} (kafka.brokers)"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as e:
        return SettingError(f"{where}: the host name is not known here: {e.strerror or e}")
    try:
        with socket.create_connection((str(found[0][4][0]), port), timeout=TIMEOUT_SECONDS) as plain:
            if reach.tls is not None:
                with reach.tls.wrap_socket(plain, server_hostname=host):
                    pass
    except ssl.SSLCertVerificationError as e:
        return SettingError(
            f"{where}: its certificate is not trusted ({e.verify_message}); check kafka.ca_file and the host name"
        )
    except ssl.SSLError as e:
        return SettingError(f"{where}: no TLS there ({e.reason}); check the port and kafka.security")
    except OSError as e:
        return BrokerUnavailable(
            f"{where}: no connection: {e.strerror or e}; is the broker running, is a firewall between?"
        )
    # In a thread of its own, because the caller may live in an event loop.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(_sign_in(reach, where, host, port))).result()


async def _sign_in(reach: Access, where: str, host: str, port: int) -> MirqabError | None:
    try:
        connection = await asyncio.wait_for(
            create_conn(
                host,
                port,
                client_id=CLIENT_ID,
                request_timeout_ms=int(TIMEOUT_SECONDS * 1000),
                security_protocol=reach.security,
                ssl_context=reach.tls,
                sasl_mechanism=reach.mechanism,
                sasl_plain_username=reach.username,
                sasl_plain_password=reach.password,
            ),
            TIMEOUT_SECONDS,
        )
    except (AuthenticationFailedError, SaslAuthenticationFailed, IllegalSaslStateError):
        return SettingError(
            f"{where} refused user {reach.username!r}: check kafka.username, MIRQAB_KAFKA_PASSWORD and "
            f"kafka.sasl_mechanism ({reach.mechanism})"
        )
    except UnsupportedSaslMechanismError:
        return SettingError(f"{where} does not take kafka.sasl_mechanism {reach.mechanism}; ask which it takes")
    except (KafkaError, OSError, TimeoutError) as e:
        text = str(e) or type(e).__name__
        return BrokerUnavailable(
            f"{where} closed or ignored us ({text}); does kafka.security {reach.security} fit its listener?"
        )
    writer = connection._writer
    connection.close()
    # A polite end of TLS waits for the other side, longer than this loop lives.
    writer.transport.abort()
    await asyncio.sleep(0.01)
    return None
