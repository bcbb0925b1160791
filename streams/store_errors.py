"""Which answers of ClickHouse are worth waiting for: a driver's exception becomes StoreUnavailable or StoreRefused.

Sorted by exception type and ClickHouse's error code, never by the words of a message. A code that is in no list is
refused: a worker that ends with the reason is noticed, one that waits for ever for nothing is not.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from schemas.errors import Retryable, StoreRefused, StoreUnavailable

BUSY = frozenset(
    {
        3,  # UNEXPECTED_END_OF_FILE: the connection broke inside a request
        32,  # ATTEMPT_TO_READ_AFTER_EOF
        74,  # CANNOT_READ_FROM_FILE_DESCRIPTOR
        75,  # CANNOT_WRITE_TO_FILE_DESCRIPTOR
        95,  # CANNOT_READ_FROM_SOCKET
        96,  # CANNOT_WRITE_TO_SOCKET
        159,  # TIMEOUT_EXCEEDED
        160,  # TOO_SLOW
        173,  # CANNOT_ALLOCATE_MEMORY
        198,  # DNS_ERROR
        201,  # QUOTA_EXCEEDED
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        203,  # NO_FREE_CONNECTION
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        225,  # NO_ZOOKEEPER
        236,  # ABORTED: the server is stopping
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY: a replica lost its keeper
        243,  # NOT_ENOUGH_SPACE
        244,  # UNEXPECTED_ZOOKEEPER_ERROR
        252,  # TOO_MANY_PARTS: merges are behind
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
        290,  # LIMIT_EXCEEDED
        319,  # UNKNOWN_STATUS_OF_INSERT: writing again is harmless
        394,  # QUERY_WAS_CANCELLED
        425,  # SYSTEM_ERROR
        439,  # CANNOT_SCHEDULE_TASK
        473,  # DEADLOCK_AVOIDED
        499,  # S3_ERROR
        574,  # DISTRIBUTED_TOO_MANY_PENDING_BYTES
        667,  # NOT_INITIALIZED: the server is starting
        745,  # SERVER_OVERLOADED
        999,  # KEEPER_EXCEPTION
    }
)
HELP = {
    16: "run `mirqab migrate`",  # NO_SUCH_COLUMN_IN_TABLE
    47: "run `mirqab migrate`",  # UNKNOWN_IDENTIFIER
    53: "run `mirqab migrate`; the table was made by another version",  # TYPE_MISMATCH
    60: "run `mirqab migrate`",  # UNKNOWN_TABLE
    81: "run `mirqab migrate`",  # UNKNOWN_DATABASE
    192: "check store.username",  # UNKNOWN_USER
    193: "check MIRQAB_STORE_PASSWORD",  # WRONG_PASSWORD
    194: "give MIRQAB_STORE_PASSWORD",  # REQUIRED_PASSWORD
    456: "give every {name:Type} of the query a value",  # UNKNOWN_QUERY_PARAMETER
    497: "grant store.username SELECT, INSERT and, for `mirqab migrate`, CREATE and ALTER",  # ACCESS_DENIED
    516: "check store.username and MIRQAB_STORE_PASSWORD",  # AUTHENTICATION_FAILED
}


def sort_error(error: Exception, where: str) -> Retryable | StoreRefused:
    """The error of ours that says what to do next. `where` names the store and holds no secret."""
    if isinstance(error, Retryable | StoreRefused):
        return error
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
        return StoreRefused(f"{where}: its certificate is not trusted; check store.ca_file and the host in store.url")
    code = getattr(error, "code", None)
    text = f"{where}: {_first_line(error)}"
    if code in BUSY:
        return StoreUnavailable(text)
    if code is None and _not_answered_by_clickhouse(error):
        return StoreUnavailable(text)
    return StoreRefused(f"{text}; {HELP[code]}" if code in HELP else text)


def _not_answered_by_clickhouse(error: Exception) -> bool:
    """A broken connection, a full disk under a temporary file, or a proxy's answer (502, 503, 429), without a code."""
    return type(error) in (OperationalError, DatabaseError) or isinstance(error, OSError)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        reason = getattr(error, "reason", None)  # urllib3 keeps what happened here
        error = reason if isinstance(reason, BaseException) else error.__cause__ or error.__context__


def _first_line(error: Exception) -> str:
    cause = list(_causes(error))[-1] if isinstance(error, OperationalError) else error
    text = str(cause).strip() or type(cause).__name__
    return text.splitlines()[0][:500]
