"""`.venv/bin/python tests/benchmarks/text_evasion.py` prints which disguises of an attack are still seen.

Attacks of the shared corpus that are found as they are, from sources of which no row was trained on (short ones, in
English), are disguised in each way; the table says how many are still scored 0.5 and above, and how many harmless
texts are.
"""

from __future__ import annotations

import base64
import codecs
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from docs.text_examples import leet, lookalikes
from monitors.text import score
from monitors.text.injection import ATTACK
from tests.support.texts import prompts

MOST = 300  # attacks, and harmless texts
SYNONYMS = {
    "ignore": "pay no heed to", "previous": "foregoing", "instructions": "directions", "reveal": "divulge",
    "show": "display",
    "print": "write out", "say": "state", "system": "hidden", "forget": "put aside", "prompt": "briefing",
    "all": "every one of",
}  # fmt: skip
GERMAN = {
    "ignore": "ignoriere", "previous": "vorherigen", "instructions": "Anweisungen", "reveal": "verrate",
    "show": "zeige", "all": "alle",
    "print": "schreibe", "say": "sage", "forget": "vergiss", "your": "deine", "the": "die", "and": "und",
    "above": "obigen", "rules": "Regeln",
}  # fmt: skip


def _words(text: str, table: dict[str, str]) -> str:
    return re.sub(r"\w+", lambda m: table.get(m[0].lower(), m[0]), text)


WAYS: dict[str, Callable[[str, random.Random], str]] = {
    "as it is": lambda text, rng: text,
    "paraphrase (synonyms)": lambda text, rng: _words(text, SYNONYMS),
    "translation (key words in German)": lambda text, rng: _words(text, GERMAN),
    "leetspeak, half": lambda text, rng: leet(text, rng, 0.5),
    "leetspeak, all": lambda text, rng: leet(text, rng, 1.0),
    "look-alike letters": lookalikes,
    "full width": lambda text, rng: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "letters apart": lambda text, rng: "  ".join(" ".join(word) for word in text.split()),
    "letters apart, words lost": lambda text, rng: " ".join(text.replace(" ", "")),
    "no blanks": lambda text, rng: text.replace(" ", ""),
    "hyphens between letters": lambda text, rng: " ".join("-".join(word) for word in text.split()),
    "swapped letters": lambda text, rng: re.sub(r"\b(\w)(\w)(\w)(\w)", r"\1\3\2\4", text),
    "zero width": lambda text, rng: "\u200b".join(text),
    "tag characters": lambda text, rng: "Hello. " + "".join(chr(0xE0000 + ord(c)) for c in text if " " <= c <= "~"),
    "base64": lambda text, rng: base64.b64encode(text.encode()).decode(),
    "hex": lambda text, rng: text.encode().hex(),
    "rot13": lambda text, rng: codecs.encode(text, "rot13"),
    "backwards": lambda text, rng: text[::-1],
    "first half only (split over turns)": lambda text, rng: text[: len(text) // 2],
    "second half only": lambda text, rng: text[len(text) // 2 :],
    "at the end of a long text": lambda text, rng: "The meeting is on Monday and the room is booked. " * 60 + text,
}


def main() -> None:
    rows = [row for row in prompts() if row["lang"] == "en" and 15 <= len(row["text"]) <= 200]
    rng = random.Random(11)
    seen = [
        row["text"]
        for row in rows
        if row["source"] == "neuralchemy" and row["kind"] == "injection" and _plain(row["text"])
    ]
    attacks = rng.sample([text for text in seen if score(text) >= ATTACK], MOST)
    honest = rng.sample([row["text"] for row in rows if row["source"] == "neuralchemy" and not row["label"]], MOST)
    print("| disguise | attacks still seen | harmless texts called attacks |\n|---|---:|---:|")
    for name, way in WAYS.items():
        hits, false = (sum(score(way(text, rng)) >= ATTACK for text in texts) / MOST for texts in (attacks, honest))
        print(f"| {name} | {100 * hits:.0f} % | {100 * false:.0f} % |")
    hits, false = (sum(any(map(_attack, _halves(text))) for text in texts) / MOST for texts in (attacks, honest))
    print(f"| either half (two turns of a session) | {100 * hits:.0f} % | {100 * false:.0f} % |")


def _attack(text: str) -> bool:
    return score(text) >= ATTACK


def _halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def _plain(text: str) -> bool:
    """Whether it is not disguised already."""
    return text.isascii() and not re.search(r"[a-z][0-9@$|]|[0-9@$|][a-z]", text)


if __name__ == "__main__":
    main()
