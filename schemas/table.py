"""ClickHouse tables as data: columns with their meaning, keys, and the view that removes duplicates.

Everything is written at least once and deduplicated by identity: `ReplacingMergeTree` on `key`, highest `version`
wins. Reads go through the view `<name>_now`, which is the table `FINAL`. Times are `DateTime64(3, 'UTC')` for people
and `*_ns` Int64 where exactness matters. Labels are never Nullable; a number that may be absent is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Column(NamedTuple):
    """One column: name, ClickHouse type, what it means, and how it is packed where the engine's way is not enough."""

    name: str
    type: str
    doc: str
    codec: str = ""

    @property
    def ddl(self) -> str:
        """The column as CREATE TABLE has it."""
        return f"{self.name} {self.type} COMMENT '{self.doc}'" + (f" CODEC({self.codec})" if self.codec else "")


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `version` names the column whose highest value wins among rows with the same key; "" means any row."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    version: str = ""
    partition: str = ""
    ttl_column: str = ""  # the DateTime64 column that `retention_days` applies to; "" keeps rows for ever

    @property
    def ddl(self) -> str:
        """The CREATE TABLE statement, as the migrations have it."""
        lines = ",\n".join(f"    {c.ddl}" for c in self.columns)
        engine = f"ReplacingMergeTree({self.version})"
        parts = f"\nPARTITION BY {self.partition}" if self.partition else ""
        return (
            f"CREATE TABLE IF NOT EXISTS {self.name} (\n{lines}\n) ENGINE = {engine}{parts}\n"
            f"ORDER BY ({', '.join(self.key)})\nCOMMENT '{self.doc}'"
        )

    @property
    def view_ddl(self) -> str:
        """The deduplicating view."""
        return f"CREATE VIEW IF NOT EXISTS {self.name}_now AS SELECT * FROM {self.name} FINAL"  # noqa: S608 - our own names


TIME = "DateTime64(3, 'UTC')"
NAME = "LowCardinality(String)"
SOURCE = (
    Column("log_id", NAME, "topic UUID, or the run id where the broker has none"),
    Column("topic", NAME, "topic, or file name"),
    Column("partition", "UInt32", "partition; 0 for files"),
)
MODEL = (Column("model", NAME, "model name"), Column("version", NAME, "model version; empty if not given"))
COUNTS = (
    Column("vectors", "Map(String, Array(Int64))", "named integer counts; they merge by addition"),
    Column("principals", "Map(String, Array(Int64))", "principal to events, anomalous, failed"),
    Column("predictions", "Map(String, Int64)", "prediction to events"),
    Column("sample", "Array(String)", "rows kept as raw material for a baseline, JSON"),
    Column("labelled", "Array(String)", "labels kept with their answers, for the watch on poisoned labels, JSON"),
)


def month(column: str) -> str:
    """PARTITION BY month; a hostile log's dates, 1970 to 2200, all fall into one partition."""
    return f"if(({column} >= '2020-01-01') AND ({column} < '2050-01-01'), toYYYYMM({column}), 0)"
