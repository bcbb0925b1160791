"""Messages nobody should send: a seeded generator of records that are broken, huge, absurd or malicious."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.support.traffic import MONDAY

SQL = "'; DROP TABLE events; --"
SQL_TYPED = "{model:String}') OR 1=1 UNION SELECT * FROM events FORMAT Null --"
HTML = "<script>alert(document.domain)</script><img src=x onerror=alert(1)>"
ODD_TEXTS = (
    SQL,
    SQL_TYPED,
    HTML,
    "\x00",
    "a\x00b",
    "\x1b[2J\x1b[H",
    "\u202eevil\u2066",
    "\ufeff",
    "\U0001f469\u200d\U0001f680",
    "%s%n{0}${jndi:ldap://x}",
    "../../etc/passwd",
    "(other)",
    "|",
    "\x1f",
    "²²²",
    "NaN",
    "null",
    "",
    " ",
    "é" * 256,
)
ODD_NUMBERS = (
    "1e308",
    "-1e308",
    "5e-324",
    "-0.0",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "9" * 30,
    "9" * 400,
    "0x10",
)
ODD_TIMES = ("0", "-1", "1e18", "4102444800", "7258118399.999", "7258118400", '"1970-01-01"', '"2100-06-01T00:00:00Z"')
ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    [],
    {},
    [[]],
    {"a": {"b": []}},
    1,
    -1,
    1.5,
    "x",
    [1, "a", None],
    2**63,
    -(2**70),
)
KEYS = (  # noqa: SIM905 - a list of that length is no easier to read
    "ts model version principal id request_id session features feature_names scores score prediction latency_ms "
    "prompt response tokens_in tokens_out label label_source source served_ts status source_ip segment"
).split()


def usual(rng: random.Random, ts: float) -> dict[str, Any]:
    """An ordinary record."""
    return {
        "ts": ts,
        "model": f"m{rng.randrange(3)}",
        "version": "1",
        "principal": f"u{rng.randrange(30)}",
        "features": {"x": rng.gauss(0, 1), "y": rng.expovariate(1), "kind": rng.choice("abc")},
        "score": rng.random(),
        "prediction": rng.randrange(2),
        "latency_ms": rng.expovariate(0.1),
    }


def wrong_types(rng: random.Random, row: dict[str, Any]) -> bytes:
    for key in rng.sample(KEYS, rng.randint(1, 4)):
        row[key] = rng.choice(ODD_VALUES)
    return json.dumps(row).encode()


def odd_texts(rng: random.Random, row: dict[str, Any]) -> bytes:
    for key in ("principal", "id", "session", "status", "prediction", "source_ip", "label", "prompt", "response"):
        row[key] = rng.choice(ODD_TEXTS)
    row["features"][rng.choice(ODD_TEXTS)] = rng.choice(ODD_TEXTS)
    row["segment"] = {rng.choice(ODD_TEXTS): rng.choice(ODD_TEXTS)}
    return json.dumps(row, ensure_ascii=rng.random() < 0.5).encode()


def odd_numbers(rng: random.Random, row: dict[str, Any]) -> bytes:
    text = json.dumps(row)
    for key in rng.sample(("score", "latency_ms", "x", "y"), 2):
        text = text.replace(f'"{key}": ', f'"{key}": {rng.choice(ODD_NUMBERS)}, "old": ', 1)
    return text.encode()


def odd_times(rng: random.Random, row: dict[str, Any]) -> bytes:
    return json.dumps(row).replace(f'"ts": {row["ts"]}', f'"ts": {rng.choice(ODD_TIMES)}').encode()


def truncated(rng: random.Random, row: dict[str, Any]) -> bytes:
    data = json.dumps(row).encode()
    return data[: rng.randrange(len(data))]


def flipped(rng: random.Random, row: dict[str, Any]) -> bytes:
    """Some bytes replaced by any others: invalid UTF-8, broken syntax, changed numbers."""
    data = bytearray(json.dumps(row).encode())
    for _ in range(rng.randint(1, 6)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def surrogates(rng: random.Random, row: dict[str, Any]) -> bytes:
    row["principal"] = rng.choice(["\ud800", "a\udfffb", "\ud83d\ud83d"])
    row["score"] = rng.choice([0.5, float("nan")])
    return json.dumps(row).encode()


def nested(rng: random.Random, row: dict[str, Any]) -> bytes:
    deep = rng.choice([10, 1000, 20_000])
    opening, closing = rng.choice([("[", "]"), ('{"a":', "}")])
    inner = opening * deep + ("1" if opening != "[" else "") + closing * deep
    return json.dumps(row)[:-1].encode() + f', "{rng.choice(["extra", "features"])}": {inner}}}'.encode()


def doubled(rng: random.Random, row: dict[str, Any]) -> bytes:
    text = json.dumps(row)
    return f'{text[:-1]}, "model": "m1", "features": {{"x": 1, "x": 2}}, "ts": {row["ts"]}}}'.encode()


def invented(rng: random.Random, row: dict[str, Any]) -> bytes:
    """A name nobody heard of, where names are counted."""
    kind, name = rng.randrange(4), f"n{rng.getrandbits(48):x}"
    if kind == 0:
        row["model"] = name
    elif kind == 1:
        row["principal"] = row["prediction"] = name
    elif kind == 2:
        row["features"] = {f"{name}{i}": 1.0 for i in range(8)}
    else:
        row["version"], row["features"]["kind"] = rng.getrandbits(70), name
    return json.dumps(row).encode()


def no_object(rng: random.Random, row: dict[str, Any]) -> bytes:
    return rng.choice(
        [b"", b" ", b"null", b"[]", b"1", b'"x"', b"{}", b"\xff\xfe\x00", b"\x00" * 50, b"true", b"{" * 30]
    )


def wide(rng: random.Random, row: dict[str, Any]) -> bytes:
    count = rng.choice([512, 513, 2000])
    row["features"] = {f"f{i}": 1.0 for i in range(count)} if rng.random() < 0.5 else [0.5] * count
    return json.dumps(row).encode()


def huge(rng: random.Random, row: dict[str, Any]) -> bytes:
    size = rng.choice([300, 900_000, 10_000_000])
    row[rng.choice(("prompt", "model", "principal", "extra"))] = "A" * size
    return json.dumps(row).encode()


KINDS: tuple[tuple[Callable[[random.Random, dict[str, Any]], bytes], float], ...] = (
    (lambda rng, row: json.dumps(row).encode(), 40),
    (wrong_types, 12),
    (odd_texts, 8),
    (odd_numbers, 8),
    (odd_times, 4),
    (truncated, 6),
    (flipped, 8),
    (surrogates, 2),
    (doubled, 3),
    (invented, 5),
    (no_object, 2),
    (wide, 0.5),
    (nested, 0.2),
    (huge, 0.02),
)


def messages(count: int, seed: int = 1) -> Iterator[tuple[float, bytes]]:
    """(the broker's time in seconds, message), time running on by a twentieth of a second each."""
    rng = random.Random(seed)
    makers, weights = zip(*KINDS, strict=True)
    for i in range(count):
        at = round(MONDAY + i * 0.05, 3)
        yield at, rng.choices(makers, weights)[0](rng, usual(rng, at))
