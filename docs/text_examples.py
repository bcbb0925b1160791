"""Our own examples for the text model: `text_examples.toml` written out, and some of them in disguise."""

from __future__ import annotations

import base64
import codecs
import random
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

EACH = 25  # texts made of one line
SEED = 7
CHOICE = re.compile(r"\[([^\[\]]*)\](\?)?")
LEET = {"a": "4@", "e": "3€", "i": "1!|", "o": "0", "s": "5$", "t": "7+", "l": "1", "g": "9", "b": "8"}
LOOKALIKE = {"a": "аα", "e": "е", "o": "оο", "p": "р", "c": "с", "i": "і", "x": "х", "y": "у", "s": "ѕ"}
Disguise = Callable[[str, random.Random], str]


def written(line: str, rng: random.Random) -> str:
    """One text of a line: of each [a|b] one; brackets without a stroke are brackets."""
    while found := CHOICE.search(line):
        whole, inner, may = found[0], found[1], found[2]
        if "|" not in inner:
            line = line.replace(whole, f"\x01{inner}\x02{may or ''}", 1)
            continue
        options = inner.split("|")
        end = found.end() if "" in options else found.end(1) + 1
        line = line[: found.start()] + rng.choice(options) + line[end:]
    return line.replace("\x01", "[").replace("\x02", "]")


def leet(text: str, rng: random.Random, share: float = 0.6) -> str:
    return "".join(rng.choice(LEET[c.lower()]) if c.lower() in LEET and rng.random() < share else c for c in text)


def lookalikes(text: str, rng: random.Random) -> str:
    return "".join(rng.choice(LOOKALIKE[c]) if c in LOOKALIKE and rng.random() < 0.4 else c for c in text)


DISGUISES: dict[str, Disguise] = {
    "leetspeak": leet,
    "look-alikes": lookalikes,
    "both": lambda text, rng: leet(lookalikes(text, rng), rng, 0.5),
    "blanks": lambda text, rng: re.sub(" ", lambda m: " " * rng.choice((1, 2, 3)), text),
    "capitals": lambda text, rng: text.upper(),
    "small": lambda text, rng: text.lower(),
    "spelled": lambda text, rng: "  ".join(" ".join(word) for word in text.split()),
    "spelled, no words": lambda text, rng: " ".join(text.replace(" ", "")),
    "base64": lambda text, rng: base64.b64encode(text.encode()).decode(),
    "hex": lambda text, rng: text.encode().hex(),
    "rot13": lambda text, rng: codecs.encode(text, "rot13"),
    "backwards": lambda text, rng: text[::-1],
    "zero width": lambda text, rng: "\u200b".join(text),
    "escaped": lambda text, rng: "".join("\\" + c for c in text),
    "swapped letters": lambda text, rng: re.sub(r"\b(\w)(\w)(\w)", r"\1\3\2", text),
    "hyphens": lambda text, rng: "-".join(text),
}
HARMLESS_SHARE = 0.4  # of the honest texts that come in a disguise as well: it is not the disguise that is an attack


def own_examples() -> list[tuple[str, int]]:
    """Texts with 1 for an attack, always the same."""
    lines = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    rng, made, ways = random.Random(SEED), [], list(DISGUISES.values())
    for label, name in ((1, "attack"), (0, "benign")):
        for line in lines[name]:
            for text in sorted({written(line, rng) for _ in range(EACH)}):
                made.append((text, label))
                if label or rng.random() < HARMLESS_SHARE:
                    made.append((rng.choice(ways)(text, rng), label))
    return made
