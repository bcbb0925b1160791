"""A text as classes of words, whatever disguise the words wear: case, look-alikes, digits for letters, spelling out.

It is read piece by piece, a piece being what stands between blanks, and pieces that were read before are remembered:
most texts are made of the same few thousand.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from itertools import product
from typing import NamedTuple
from zlib import crc32

from monitors.text._fold import UNSEEN, folded, plain
from monitors.text._grammar import OTHER, grammar, mask

PIECE = re.compile(r"\n|\S+")
LONGEST = 64  # characters of a piece that is remembered, and of a word that is read
# Vowel signs of Indic scripts and tone marks of Thai are part of words, but not of `\w`.
MARKS = "\u0900-\u0903\u093a-\u0963\u0981-\u0dff\u0e30-\u0e4e"
PART = re.compile(rf"[\w{MARKS}]+(?:['’]\w+)*|[^\w\s{MARKS}]+")
LEET, LOOKALIKE, UNSEEN_IN, SPELLED, STYLED, JUMBLED = (1 << n for n in range(6))
FLAGS = ("leet", "lookalike", "unseen", "spelled", "styled", "jumbled")  # those that are disguises
# Hints of what the text as a whole may hide; without them nobody looks.
LONG, CODED, JOINED, SHORT, CODE, MORSE, TURNED = (1 << n for n in range(6, 13))
# What digits and signs stand for; where there are two, both are tried.
LETTERS = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "bg", "7": "t", "8": "b", "9": "g", "@": "a",
    "$": "s", "!": "il",
    "|": "il", "+": "t", "€": "e", "¢": "c", "£": "l", "(": "c", "¡": "i",
}  # fmt: skip
FIRSTS = str.maketrans({sign: letters[0] for sign, letters in LETTERS.items()})
SECONDS = str.maketrans({sign: letters[-1] for sign, letters in LETTERS.items()})
TWOFOLD = frozenset(sign for sign, letters in LETTERS.items() if len(letters) > 1)
DISGUISED = re.compile(r"(?=.*[^\W\d_])(?=.*[0-9@$!|+€¢£¡])[^\W_](?:[\w'@$!|+€¢£¡(-])*|[@$!|+€¢£¡][\w@$!|+€¢£¡'-]+")
MIXED = re.compile(r"[a-z][0-9@$|+€]+[a-z]|[a-z]!+[a-z]|^[0-9@$|+€!]+[a-z]{2,}|[a-z]{2,}[013457@$|+]$")
NATURAL = re.compile(r"\d+(?:st|nd|rd|th|k|m|s|am|pm|g|x|d|px|mb|gb|tb|kg|cm|mm|km|"
    r"h|hz|bit|p|v|w|a|c|f|e|b|nm|ml|l|yr|yrs|min|"
                     r"er|ers)?|"
                     r"[a-z]{1,8}-?\d{1,4}|[0-9a-f]{8,}|\w*\d{3,}\w*")  # fmt: skip
SPELT = re.compile(r"(?:[^\W_][^\w\s]{1,2}){3,}[^\W_][^\w\s]{0,2}")
ESCAPED = re.compile(r"\\?(?:[^\\]\\){2,}[^\\]?\\?|(?:\\[^\\]){2,}\\?")
ESCAPE = re.compile(r"\\[xu]|%[0-9a-fA-F]|&#|[01]{8}|\d,\d|[a-zA-Z]\+[a-zA-Z]")
JOIN = re.compile(r"[a-zA-Z][+._*/-][a-zA-Z]")
# One that stands alone, or its code.
LETTER = re.compile(r"[^\W_]\W?|(?:0x|\\x|%|&#x)?[0-9a-fA-F]{2}[;,]?|\d{2,3}[;,]?")
MORSE_LETTER = re.compile(r"[.·-]{1,6}/?")
LATIN_LETTER = re.compile("[a-zA-Z]")
TAGS = re.compile("[\U000e0020-\U000e007e]")
STYLE = re.compile("[\U0001d400-\U0001d7ff\uff01-\uff5e\u24b6-\u24e9\U0001f130-\U0001f189\u2100-\u214f]")
LOOSE = frozenset(".,;:_-~!?'")
HAN = re.compile(r"[\u4e00-\u9fff]")
# What may stand before an Arabic word, by its first letter, the longest first.
PREFIXES = {"و": ("وال", "و"), "ب": ("بال", "ب"), "ل": ("لل", "ل"), "ف": ("فال", "ف"), "ا": ("ال",)}
NEAR_EDGE = "\"'.,;:?"  # without those that may be letters
EDGE = ".,;:?!\"'()[]{}<>`*_-“”‘’«»…،؛؟"


class Read(NamedTuple):
    """One piece: its classes, also as bits, numbers of its words, and `flags` of its disguises and hints of others."""

    chars: str
    mask: int
    hashes: tuple[int, ...]
    flags: int


def read(piece: str) -> Read:
    """One piece of text without blanks, or a line's end."""
    return _remembered(piece) if len(piece) <= LONGEST else _read(piece)


@lru_cache(1 << 16)
def _remembered(piece: str) -> Read:
    return _read(piece)


def own(piece: str) -> Read:
    """One piece of a text in Cyrillic or Greek: only a word that mixes these with Latin letters has look-alikes."""
    return _own_remembered(piece) if len(piece) <= LONGEST else _own(piece)


@lru_cache(1 << 14)
def _own_remembered(piece: str) -> Read:
    return _own(piece)


def _own(piece: str) -> Read:
    return _read(piece, own_script=LATIN_LETTER.search(piece) is None)


@lru_cache(1 << 14)
def plainly(piece: str) -> Read:
    """One piece without looking for disguises: for the inside of long texts."""
    if piece == "\n" or len(piece) > LONGEST:
        return Read("", 0, (), 0)
    word = folded(piece).strip(EDGE)
    char = grammar().char(word) or OTHER
    return Read(char, mask(char), (crc32(word.encode("utf-8", "surrogatepass")),), 0)


def _read(piece: str, own_script: bool = False) -> Read:
    if piece == "\n":
        line = grammar().of_name["LINE"]
        return Read(line, mask(line), (), 0)
    if piece in LOOSE:  # signs strewn between words
        return Read("", 0, (), 0)
    flags = _hints(piece)
    if not piece.isascii():
        if UNSEEN.search(piece):
            if TAGS.search(piece):
                piece = TAGS.sub(lambda m: chr(ord(m[0]) - 0xE0000), piece)
                return _read(piece)._replace(flags=UNSEEN_IN)
            seen = UNSEEN.sub("", piece)
            flags |= (
                UNSEEN_IN
                if re.search("[a-z].?[\u00ad\u180e\u200b-\u200f\u2060-\u2064\ufeff]+.?[a-z]", piece, re.I)
                else 0
            )
            piece = seen
        if STYLE.search(piece):
            flags |= STYLED
    if len(piece) >= 4 and "\\" in piece and ESCAPED.fullmatch(piece):
        piece, flags = piece.replace("\\", ""), flags | SPELLED
    low = folded(piece)
    if len(low) >= 7 and SPELT.fullmatch(low):
        low, flags = re.sub(r"[^\w]", "", low), flags | SPELLED
    low, mixed = (low, False) if own_script else plain(low)
    flags |= LOOKALIKE * mixed
    for bare in dict.fromkeys((low.strip(EDGE), low.strip(NEAR_EDGE))) if not low.isalpha() else ():
        if not bare.isalpha() and DISGUISED.fullmatch(bare) and (meant := undisguised(bare)):
            low, flags = low.replace(bare, meant), flags | LEET
            break
    chars, hashes = [], []
    for part in PART.findall(low[: LONGEST * 64]):
        if part[0].isalnum() or part[0] == "_":
            for word in _words(part):
                char, known, word = _char(word)
                flags |= JUMBLED * (known == 2)
                flags |= TURNED * (char == OTHER and _turns(word))
                chars.append(char)
                hashes.append(crc32(word.encode("utf-8", "surrogatepass")))
        else:
            chars.append(_sign(part))
    found = "".join(chars)
    return Read(found, mask(found), tuple(hashes), flags)


def _hints(piece: str) -> int:
    size = len(piece)
    return (
        LONG * (size >= 16)
        | SHORT * (size <= 2)
        | CODE * (size <= 6 and LETTER.fullmatch(piece) is not None)
        | CODED * (ESCAPE.search(piece) is not None)
        | JOINED * (JOIN.search(piece) is not None)
        | MORSE * (MORSE_LETTER.fullmatch(piece) is not None)
    )


def _turns(word: str) -> bool:
    """Whether a word that means nothing is one of the grammar backwards or in rot13."""
    if len(word) < 3:
        return False
    known = grammar().char
    return known(word[::-1]) is not None or (word.isascii() and known(codecs.encode(word, "rot13")) is not None)


def _words(part: str) -> list[str]:
    if HAN.search(part):
        return list(_han().findall(part))
    if "_" in part and grammar().char(part) is None:
        return [w for w in part.split("_") if w]
    return [part[:LONGEST]]


@lru_cache(1)
def _han() -> re.Pattern[str]:
    words = sorted((w for w in (*grammar().words, *grammar().stems) if HAN.search(w)), key=len, reverse=True)
    return re.compile("|".join(words) + r"|[^\u4e00-\u9fff]+|.")


def _char(word: str) -> tuple[str, int, str]:
    """The word's class, how it was known (0 not, 1 as written, 2 by its letters in another order), and the word."""
    known = grammar()
    char = known.char(word)
    if char is not None:
        return char, 1, word
    if "\u0600" <= word[0] <= "\u06ff":
        for prefix in PREFIXES.get(word[0], ()):
            if word.startswith(prefix) and len(word) - len(prefix) >= 3:
                char = known.char(word[len(prefix) :])
                if char is not None:
                    return char, 1, word
    if len(word) >= 5 and word.isascii() and word.isalpha():
        meant = _jumbles().get(_jumble(word))
        if meant is not None:
            return known.words[meant], 2, meant
    return OTHER, 0, word


def _jumble(word: str) -> str:
    return word[0] + "".join(sorted(word[1:]))


@lru_cache(1)
def _jumbles() -> dict[str, str]:
    """Words of the grammar by their first letter and all others in order, so that swapped letters are found again."""
    return {_jumble(word): word for word in grammar().words if len(word) >= 5 and word.isascii()}


def undisguised(word: str) -> str | None:
    """What digits and signs in a word stand for, or None if they are its own."""
    known = grammar()
    natural = NATURAL.fullmatch(word) is not None
    guesses = [word.translate(FIRSTS), word.translate(SECONDS)]
    twofold = sum(c in TWOFOLD for c in word)
    if 2 <= twofold <= 3:
        patterns = product((0, 1), repeat=twofold)
        guesses += [_guess(word, choice) for choice in patterns]
    for guess in guesses:
        if known.char(guess) is not None and (len(guess) > 2 or not natural):
            return guess
    return guesses[0] if not natural and MIXED.search(word) else None


def _guess(word: str, choice: tuple[int, ...]) -> str:
    rest = iter(choice)
    return "".join(LETTERS[c][next(rest)] if c in TWOFOLD else LETTERS.get(c, c) for c in word)


def _sign(part: str) -> str:
    name = _name(part)
    return grammar().of_name[name] if name else ""


def _name(part: str) -> str | None:
    first = part[0]
    if len(part) >= 3 and (part.count(first) >= 3 and first in "=-#*~'\"`_+"):
        return "FENCE"
    if part.startswith(("<|", "|>", "</", "<<", "[/")):
        return "TAG"
    for name, signs in SIGNS:
        if any(c in signs for c in part):
            return name
    return None


SIGNS = (
    ("QUOTE", "\"“”«»„'‘’"), ("TICK", "`"), ("TAG", "<>"), ("OPEN", "[({"), ("CLOSE", "])}"),
    ("END", ".!?;؟。؛…۔।？！"), ("COLON", ":："),
    ("AT", "@"), ("PLUS", "+"), ("PIPE", "|"), ("EQUALS", "="), ("FENCE", "#"),
)  # fmt: skip
