"""Are two databases of one store equal, row for row? Asked of the store itself, through the views that readers use."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.line import Workers

# Which consumer generation wrote a row says how, not what.
HOW = frozenset({"generation"})
JUDGED = ("events", "rejects", "minutes", "readings", "signals", "alerts")
# How incidents stand in the end; in how many changes that was told depends on which shard was first.
STANDING = """
SELECT toString((id, alerts, models, principals, level, state, cause, lead, opened_ns, resolved, title)) AS row
FROM (SELECT * FROM incidents_now ORDER BY id, transition DESC LIMIT 1 BY id) WHERE state != 'merged' ORDER BY row
"""
# What `replay --output` writes of a table, and the columns that are the same there.
FILES = {
    "events": ("events", "partition offset model version principal id prediction baseline flags anomaly"),
    "rejects": ("rejects", "partition offset reason digest"),
    "minutes": ("minutes", "model version segment minute_ns baseline vectors principals predictions sample"),
    "readings": ("readings", "model metric feature principal at_ns n value p effect"),
    "alerts": ("alerts_transitions", "id transition at_ns level state p rules_hash evidence"),
}


def assert_same_as_files(workers: Workers, folder: Path) -> None:
    """What was stored and judged is what `replay --output` wrote; fails with a few rows that are not."""
    for table, (file, names) in FILES.items():
        wanted = names.split()
        found = workers.query(f"SELECT {', '.join(wanted)} FROM {table}_now")
        ours = sorted(json.dumps([row[name] for name in wanted], sort_keys=True) for row in found)
        path = folder / f"{file}.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        theirs = sorted(json.dumps([json.loads(line)[name] for name in wanted], sort_keys=True) for line in lines)
        assert ours == theirs, f"{table}: {sorted(set(ours) ^ set(theirs))[:3]}"


def assert_same(a: Workers, b: Workers) -> None:
    """Whatever both stored and judged is equal; fails with a few rows that are not."""
    for table in JUDGED:
        assert digest(a, table) == digest(b, table), "\n".join([table, *differences(a, b, table)])
    assert a.query(STANDING) == b.query(STANDING)


def columns(workers: Workers, table: str) -> str:
    """All columns of a table that say what, as SQL; the order of keys in a map means nothing."""
    parts = []
    for row in workers.query(f"DESCRIBE TABLE {table}"):
        name, kind = row["name"], row["type"]
        if name not in HOW:
            parts.append(f"mapSort(`{name}`)" if kind.startswith("Map(") else f"`{name}`")
    return ", ".join(parts)


def digest(workers: Workers, table: str, where: str = "1") -> tuple[int, int]:
    """Rows of a table, and the sum of their hashes."""
    row = workers.query(
        f"SELECT count() AS counted, sum(cityHash64(toString(({columns(workers, table)})))) AS hashed FROM {table}_now "
        f"WHERE {where}"
    )
    return int(row[0]["counted"]), int(row[0]["hashed"])


def differences(a: Workers, b: Workers, table: str) -> list[str]:
    """A few rows that only one of the two has."""
    wanted = f"toString(({columns(a, table)})) AS row"
    found = []
    for one, other in ((a, b), (b, a)):
        sql = (
            f"SELECT row FROM (SELECT {wanted} FROM {one.database}.{table}_now) WHERE row NOT IN "
            f"(SELECT {wanted} FROM {other.database}.{table}_now) ORDER BY row LIMIT 3"
        )
        found += [f"only in {one.name}: {row['row'][:700]}" for row in one.query(sql)]
    return found
