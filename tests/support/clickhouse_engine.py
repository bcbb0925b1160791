"""What stands behind the HTTP stand-in: chDB, asked as ClickHouse's HTTP interface would ask it.

One engine per process and folder; a `Connection` is one client's view of it (its database, its settings), for one
thread. Rows sent with an INSERT go through a file, as chDB cannot read them from the statement.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chdb.session import Session

# What belongs to the transport and not to the engine.
NOT_SETTINGS = {
    "query", "database", "session_id", "session_timeout", "session_check", "query_id", "quota_key", "compress",
    "decompress", "wait_end_of_query", "buffer_size", "client_protocol_version", "role", "user", "password",
    "default_format", "enable_http_compression", "send_progress_in_http_headers",
    "http_headers_progress_interval_ms", "cancel_http_readonly_queries_on_client_close",
    # The engine could never take it back, so `run` keeps to it: for the request alone, as a server does.
    "readonly",
}  # fmt: skip
INSERT = re.compile(
    rb"\s*(INSERT\s+INTO\s+(?:(?!\bVALUES\b|\bSELECT\b).)*?)(\s+SETTINGS\s+.*?)?\s+FORMAT\s+(\w+)[ \t]*;?(?:\r?\n|$)",
    re.IGNORECASE | re.DOTALL,
)
ASKS = re.compile(
    r"\s*(?:--[^\n]*\n|/\*.*?\*/|\s|\()*(SELECT|WITH|SHOW|DESC|DESCRIBE|EXISTS|EXPLAIN|CHECK)\b", re.I | re.S
)
FORMAT = re.compile(r"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
CODE = re.compile(r"Code: (\d+)\.")


class Refused(Exception):
    """The engine's no: its code and words."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        found = CODE.search(text)
        self.code = int(found[1]) if found else 1001


@dataclass(frozen=True)
class Answer:
    """The body, its format if the statement asks for rows, and how many rows were written."""

    body: bytes
    format: str | None
    written: int = 0


class Connection:
    """One client's session of the engine in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._session = Session(str(folder))
        self._database = "default"
        self._settings: dict[str, str] = {}

    def close(self) -> None:
        self._session.close()

    def run(self, arguments: Mapping[str, str], body: bytes) -> Answer:
        """Carry out one request: `query` and the rest of the URL, and the decompressed body. Raises Refused."""
        query = arguments.get("query", "").encode()
        statement = query + (b"\n" if query and body else b"") + body
        try:
            self._use(arguments.get("database") or "default")
            self._set({k: v for k, v in arguments.items() if k not in NOT_SETTINGS and not k.startswith("param_")})
            if arguments.get("readonly", "0") != "0" and not ASKS.match(statement.decode()):
                raise Refused("Code: 164. DB::Exception: Cannot execute query in readonly mode. (READONLY)")
            insert = INSERT.match(statement)
            if insert and insert.end() < len(statement):
                return self._insert(insert, statement[insert.end() :])
            return self._ask(statement.decode(), arguments)
        except UnicodeDecodeError:
            raise Refused("Code: 62. DB::Exception: Syntax error: the statement is not UTF-8") from None
        except Refused:
            raise
        except Exception as e:
            raise Refused(str(e)) from e

    def _ask(self, sql: str, arguments: Mapping[str, str]) -> Answer:
        parameters = {k.removeprefix("param_"): v for k, v in arguments.items() if k.startswith("param_")}
        default = arguments.get("default_format", "TabSeparated")
        result = self._session.query(sql, default, params=parameters)
        trailing = FORMAT.search(sql)
        shown = (trailing[1] if trailing else default) if ASKS.match(sql) else None
        return Answer(result.bytes() or b"", shown)

    def _insert(self, insert: re.Match[bytes], rows: bytes) -> Answer:
        into, settings, name = (part.decode() if part else "" for part in insert.groups())
        with tempfile.NamedTemporaryFile() as file:
            file.write(rows)
            file.flush()
            result = self._session.query(f"{into} FROM INFILE '{file.name}'{settings} FORMAT {name}")
        return Answer(b"", None, int(result.rows_read()))

    def _use(self, database: str) -> None:
        if database != self._database:
            self._session.query(f"USE `{database.replace('`', '')}`")
            self._database = database

    def _set(self, wanted: Mapping[str, str]) -> None:
        """Only differences are said: clients send the same settings with each request."""
        for name in self._settings.keys() - wanted.keys():
            self._session.query(f"SET {_name(name)} = DEFAULT")
            del self._settings[name]
        for name, value in wanted.items():
            if self._settings.get(name) != value:
                quoted = value.replace("\\", "\\\\").replace("'", "\\'")
                self._session.query(f"SET {_name(name)} = '{quoted}'")
                self._settings[name] = value


def _name(setting: str) -> str:
    if not re.fullmatch(r"\w+", setting):
        raise Refused(f"Code: 115. DB::Exception: Unknown setting '{setting}'. (UNKNOWN_SETTING)")
    return setting
