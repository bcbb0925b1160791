"""A folder of JSON lines: `events.jsonl`, `readings.jsonl`, …, one uncompressed file per table, one row per line.

`alerts.jsonl` has one line per alert in its final state and is written at the end; every transition is in
`alerts_transitions.jsonl`. NaN and infinity become null, bytes that are no UTF-8 are escaped. Lines stand in the order
of writing, so equal input gives equal bytes. Nothing can be read back through `query`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from schemas.errors import StoreRefused, UsageError
from streams.rows import records

ALWAYS = ("events", "readings", "signals", "alerts_transitions")  # there even if empty, so that a reader need not ask
STEP = 2048  # rows
FILES = {"alerts": "alerts_transitions"}


class JsonLinesStore:
    """A `streams.store.Store` that writes files; files of the same names are overwritten, others left alone.

    The same rows written again in the same cut are recognised and skipped. In another cut they are not: a file cannot
    be deduplicated without holding it, and the replay that writes files never cuts twice. Where a row changes (an open
    block, late minutes) each state has its line, and the last one counts. A write that fails leaves no half line.
    Raises UsageError if the folder cannot be made, StoreRefused if a file cannot be written.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._begun: set[str] = set()
        self._written: set[bytes] = set()
        self._alerts: dict[str, dict[str, Any]] = {}
        self._closed = False
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for name in ALWAYS:
                self._begin(name)
        except OSError as e:
            raise UsageError(f"cannot write into {self.folder}: {e.strerror}; give a folder that can be written") from e

    @property
    def files(self) -> dict[str, str]:
        """Path of every file written so far, by its name without the ending."""
        return {name: str(self.folder / f"{name}.jsonl") for name in sorted(self._begun)}

    async def insert(self, table: str, rows: pa.Table) -> None:
        """Append one line per row, keys in the order of the columns."""
        if rows.num_rows == 0:
            return
        lines = _lines(rows)
        digest = blake2b(table.encode() + b"\0" + lines, digest_size=16).digest()
        if digest in self._written:
            return
        self._append(FILES.get(table, table), lines)
        self._written.add(digest)
        if table == "alerts":
            self._keep(records(_as_text(rows)))

    async def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Sequence[Mapping[str, Any]]:
        """Nothing: these files are for others to read."""
        return []

    async def close(self) -> None:
        """Write `alerts.jsonl`; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        final = sorted(self._alerts.values(), key=lambda row: (row["first_seen_ns"], row["rule"], row["id"]))
        self._append("alerts", b"".join(msgspec.json.encode(alert_line(row)) + b"\n" for row in final))

    def _keep(self, rows: Sequence[dict[str, Any]]) -> None:
        for row in rows:
            kept = self._alerts.get(row["id"])
            if kept is None or _rank(row) >= _rank(kept):
                self._alerts[row["id"]] = row

    def _begin(self, name: str) -> Path:
        file = self.folder / f"{name}.jsonl"
        if name not in self._begun:
            file.write_bytes(b"")
            self._begun.add(name)
        return file

    def _append(self, name: str, lines: bytes) -> None:
        try:
            # Unbuffered, so that a full disk is met here and not when the file is closed.
            with self._begin(name).open("ab", buffering=0) as file:
                start, rest = file.tell(), memoryview(lines)
                try:
                    while rest:
                        rest = rest[file.write(rest) :]
                except OSError:
                    file.truncate(start)
                    raise
        except OSError as e:
            raise StoreRefused(f"cannot write {self.folder / name}.jsonl: {e.strerror}; make room, start again") from e


def alert_line(row: Mapping[str, Any]) -> dict[str, Any]:
    """One line of `alerts.jsonl` from an alert's last row in the table `alerts`. Times are event time, seconds.

    It has `e` instead of `p` where the evidence carries an e-value. `label_sources` and `verdict` come from the
    evidence too; empty and null where the rule has none.
    """
    evidence = msgspec.json.decode(row["evidence"] or "{}")
    strength = {"e": evidence["e"]} if row["p"] is None and evidence.get("e") is not None else {"p": row["p"]}
    return {
        **{name: row[name] for name in ("id", "rule", "family", "level", "model", "version", "metric", "feature")},
        "segment": row["segment"],
        "principals": row["principals"],
        "label_sources": evidence.get("label_sources", []),
        "first_seen": row["first_seen_ns"] / 1e9,
        "opened": _seconds(row["opened"]),
        "resolved": _seconds(row["resolved"]),
        **strength,
        "effect": row["effect"],
        "n": row["n"],
        "summary": row["summary"],
        "verdict": evidence.get("verdict"),
        "technique": row["technique"],
        "transitions": [_transition(t) for t in msgspec.json.decode(row["transitions"] or "[]")],
    }


def _transition(stored: Mapping[str, Any]) -> dict[str, Any]:
    at = stored["at"] if "at" in stored else stored["at_ns"] / 1e9
    return {"at": at, "level": stored["level"], "reason": stored["reason"]}


def _seconds(at: str | None) -> float | None:
    return None if at is None else datetime.fromisoformat(at).timestamp()


def _rank(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["transition"], row["generation"]


def _lines(rows: pa.Table) -> bytes:
    """In small steps: with a hundred thousand dictionaries alive Python spends most of its time looking for garbage."""
    encode, parts = msgspec.json.Encoder().encode, []
    for first in range(0, rows.num_rows, STEP):
        parts += [encode(row) + b"\n" for row in records(_as_text(rows.slice(first, STEP)))]
    return b"".join(parts)


def _as_text(rows: pa.Table) -> pa.Table:
    """The same rows with times as ISO 8601 in ms, and bytes as text; what is no UTF-8 shows as \\xff."""
    for i, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            texts = np.datetime_as_string(rows.column(i).to_numpy().astype("datetime64[ms]"), timezone="UTC")
            column = pa.array(texts, pa.string(), mask=np.asarray(rows.column(i).is_null()))
        elif pa.types.is_binary(field.type):
            column = pa.array([v.decode("utf-8", "backslashreplace") for v in rows.column(i).to_pylist()], pa.string())
        else:
            continue
        rows = rows.set_column(i, field.name, column)
    return rows
