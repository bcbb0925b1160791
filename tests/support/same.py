"""Are two databases of one store equal, row for row? Asked of the store itself, through the views that readers use."""

from __future__ import annotations

from tests.support.line import Workers

# Which consumer generation wrote a row says how, not what.
HOW = frozenset({"generation"})
JUDGED = ("events", "rejects", "minutes", "readings", "signals", "alerts", "incidents")


def assert_same(a: Workers, b: Workers) -> None:
    """Whatever both stored and judged is equal; fails with a few rows that are not."""
    for table in JUDGED:
        assert digest(a, table) == digest(b, table), "\n".join([table, *differences(a, b, table)])


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
