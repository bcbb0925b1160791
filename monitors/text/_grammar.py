"""The phrase grammar: words become classes, classes make phrases, phrases belong to families of attacks.

Every word becomes one character that stands for all classes it is in, so a text becomes a short string, and a phrase a
small pattern over it. Gaps are bounded and end with the sentence: no phrase costs more than its length times a
constant. What is in the grammar is in `_grammar.toml`, words of other languages in `_languages.toml`; how they are
written is said there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from monitors.text._fold import folded

MARKS = ("LINE", "END", "QUOTE", "COLON", "FENCE", "TAG", "OPEN", "CLOSE", "PLUS", "TICK", "PIPE", "EQUALS", "AT")
OTHER = "_"  # a word of no class
FIRST = 0xE100  # of the characters that stand for classes
SHORTEST = 3  # characters of a stem


class Phrase(NamedTuple):
    """One phrase: its family's number, its pattern, and sets of characters of which the text must hold one each."""

    family: int
    pattern: re.Pattern[str]
    needs: tuple[int, ...]


class Grammar:
    """The classes of words and the phrases of `_grammar.toml`, with the words of `_languages.toml`."""

    def __init__(self, written: str, languages: str) -> None:
        parts = tomllib.loads(written)
        classes: dict[str, set[str]] = {}
        for named in (parts["words"], *tomllib.loads(languages).values()):
            for name, words in named.items():
                for word in words.split():
                    classes.setdefault(folded(word), set()).add(name)
        for phrase in (p for phrases in parts["phrases"].values() for p in phrases):
            for word in _literals(phrase):
                classes.setdefault(word, set()).add(word)
        stems = {word[:-1]: names for word, names in classes.items() if word.endswith("*")}
        for word, those in classes.items():  # a word is also in the classes of its stems
            for length in range(SHORTEST, len(word) + 1):
                those |= stems.get(word.rstrip("*")[:length], set())
        signs = sorted({tuple(sorted(names)) for names in classes.values()})
        sign = {names: chr(FIRST + n) for n, names in enumerate(signs)}
        self.of_name: dict[str, str] = {mark: chr(FIRST - 1 - n) for n, mark in enumerate(MARKS)}
        for names, char in sign.items():
            for name in names:
                self.of_name[name] = self.of_name.get(name, "") + char
        self.words = {w: sign[tuple(sorted(n))] for w, n in classes.items() if not w.endswith("*")}
        self.stems = {w[:-1]: sign[tuple(sorted(n))] for w, n in classes.items() if w.endswith("*")}
        self.longest = max(map(len, self.stems))
        self.families = tuple(parts["phrases"])
        self.phrases = tuple(
            self._phrase(number, phrase)
            for number, family in enumerate(self.families)
            for phrase in parts["phrases"][family]
        )
        # For each character the phrases to try when it is there, as bits: those whose rarest element may be it.
        self.anchors: dict[str, int] = {}
        for number, one in enumerate(self.phrases):
            for char in _chars(one.needs[0]):
                self.anchors[char] = self.anchors.get(char, 0) | 1 << number

    def char(self, word: str) -> str | None:
        """The character of a folded word, or None if the grammar does not know it."""
        char = self.words.get(word)
        for length in range(min(len(word), self.longest), SHORTEST - 1, -1) if char is None else ():
            char = self.stems.get(word[:length])
            if char is not None:
                break
        return char

    def _phrase(self, family: int, written: str) -> Phrase:
        stop = self.of_name["LINE"] + self.of_name["END"]
        parts, needs = [], []
        for element in written.split():
            if element.startswith("~"):
                parts.append(f"[^{stop}]{{0,{element[1:]}}}?")
                continue
            names = element.rstrip("?").split("|")
            chars = "".join(sorted({c for name in names for c in self.of_name[name if name.isupper() else _key(name)]}))
            parts.append(f"[{chars}]{'?' if element.endswith('?') else ''}")
            if not element.endswith("?"):
                needs.append(mask(chars))
        while parts and parts[-1].startswith("[^"):  # a gap at the end says nothing
            parts.pop()
        return Phrase(family, re.compile("".join(parts)), tuple(sorted(set(needs), key=int.bit_count)))


def mask(chars: str) -> int:
    """A set of characters as bits."""
    bits = 0
    for c in chars:
        if c != OTHER:
            bits |= 1 << (ord(c) - FIRST + 64)
    return bits


def _chars(bits: int) -> Iterator[str]:
    while bits:
        lowest = bits & -bits
        bits ^= lowest
        yield chr(lowest.bit_length() - 1 + FIRST - 64)


def _key(word: str) -> str:
    return folded(word.rstrip("*")) + ("*" if word.endswith("*") else "")


def _literals(phrase: str) -> Iterator[str]:
    for element in phrase.split():
        if not element.startswith("~"):
            yield from (_key(name) for name in element.rstrip("?").split("|") if not name.isupper())


@cache
def grammar() -> Grammar:
    """The grammar as shipped."""
    written, languages = (
        files("monitors.text").joinpath(name).read_text("utf-8") for name in ("_grammar.toml", "_languages.toml")
    )
    return Grammar(written, languages)
