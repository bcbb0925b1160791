"""The table of the audit chain."""

from __future__ import annotations

from schemas.table import NAME, TIME, Column, Table

AUDIT = Table(
    "audit",
    "one row per act or decision, chained by hashes; rows are only ever added",
    (
        Column("seq", "UInt64", "number in the chain, from 0"),
        Column("at", TIME, "when it happened"),
        Column("at_ns", "Int64", "the same, ns"),
        Column("source", NAME, "the table it comes from"),
        Column("subject", "String", "identity of the row there"),
        Column("actor", "String", "who; empty where Mirqab did it by itself"),
        Column("what", "String", "what was done, in a few words"),
        Column("digest", "String", "SHA-256 of the row as it was when it was chained"),
        Column("previous", "String", "hash of the entry before"),
        Column("hash", "String", "SHA-256 of this entry"),
    ),
    key=("seq", "hash"),
)
