"""What a text says in disguise: base64, hex, escapes, character codes, rot13, backwards, letters apart, words together.

Only what decodes to readable text counts. Each is given with its place, so that it can be read again as if it stood
there. Blind to ciphers with a key, to compression, and to encodings inside encodings beyond the first.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from monitors.text._joined import MOST, parted

LEAST = 6  # characters a decoded text must have
MOST_EACH = 8  # decoded pieces of one kind
BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,8192}={0,2}")
BASE32 = re.compile(r"(?<![A-Z0-9])[A-Z2-7]{16,8192}={0,6}")
HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x|\\x|%|&#x)?[0-9a-fA-F]{2}[;, ]{0,2}){8,4096}")
PAIR = re.compile(r"(?:0x|\\x|%|&#x)?([0-9a-fA-F]{2})")
BITS = re.compile(r"(?<!\d)(?:[01]{8} ?){4,1024}(?!\d)")
CODES = re.compile(r"(?<!\d)(?:\d{2,3}[, ]{1,2}){5,2048}\d{2,3}(?!\d)")
ENTITY = re.compile(r"(?:&#?\w{2,8};){3,512}|(?:\\u[0-9a-fA-F]{4}){3,512}")
URL = re.compile(r"(?:(?<![\w.,'-])[\w.,'-]{0,64})?(?:(?:%[0-9A-Fa-f]{2}|\+)[\w.,'-]{1,64}){2,512}")
SPACED = re.compile(r"(?<!\S)(?:[^\s_|][ \t]{1,3}){7,2048}[^\s_|](?!\S)")
JOINED = re.compile(r"(?<![^\W_])[A-Za-z]{20,512}(?![^\W_])")
MORSE = re.compile(r"(?:[.·−-]{1,6}[ /]{1,3}){7,2048}[.·−-]{1,6}")
CODES_OF_LETTERS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.."
)
LETTERS = dict(zip(CODES_OF_LETTERS.split(), "abcdefghijklmnopqrstuvwxyz", strict=True))
WHOLE = ("rot13", "reversed")  # forms of the whole text
RUN = re.compile(r"[A-Za-z]{6,}")
SIGN = re.compile(r"[^\w\s]")
WIDE = re.compile(r"[ \t]{2,}")


class Hidden(NamedTuple):
    """A readable text that was found in another form between `start` and `end`."""

    how: str
    text: str
    start: int
    end: int


def hidden(text: str) -> Iterator[Hidden]:
    """Every piece that can be read another way; not the whole text backwards or rotated, for which see `turned`."""
    for how, pattern, decode in FORMS:
        for n, m in enumerate(pattern.finditer(text)):
            if n >= MOST_EACH:
                break
            meant = decode(m[0])
            if meant is not None and len(meant) >= LEAST and readable(meant):
                yield Hidden(how, meant, m.start(), m.end())


def turned(text: str) -> Iterator[Hidden]:
    """The whole text as rot13 and backwards: for texts that make no sense as they stand."""
    rotated = codecs.encode(text, "rot13")
    if rotated != text:  # else it has no Latin letters
        yield Hidden("rot13", rotated, 0, len(text))
    yield Hidden("reversed", text[::-1], 0, len(text))


def morse(text: str) -> Iterator[Hidden]:
    """Runs of Morse code; a stroke stands between words."""
    for m in MORSE.finditer(text):
        code = m[0].replace("·", ".").replace("−", "-")
        words = (word.split() for word in code.split("/"))
        meant = " ".join("".join(LETTERS.get(letter, "?") for letter in word) for word in words)
        if readable(meant):
            yield Hidden("morse", meant, m.start(), m.end())


def readable(text: str) -> bool:
    """Whether nearly all of it is letters, digits, blanks and signs of a keyboard."""
    good = sum(" " <= c <= "~" or c.isalnum() or c in "\n\r\t" for c in text)
    letters = sum(c.isalpha() for c in text)
    return good >= 0.95 * len(text) and letters >= 0.4 * len(text)


def _base64(piece: str) -> str | None:
    body = piece.rstrip("=").replace("-", "+").replace("_", "/")
    if len(body) % 4 == 1 or (body.isalpha() and (body.islower() or body.isupper())):
        return None
    return _text(lambda: base64.b64decode(body + "=" * (-len(body) % 4)))


def _base32(piece: str) -> str | None:
    body = piece.rstrip("=")
    return _text(lambda: base64.b32decode(body + "=" * (-len(body) % 8)))


def _hex(piece: str) -> str | None:
    return _text(lambda: bytes.fromhex("".join(PAIR.findall(piece))))


def _bits(piece: str) -> str | None:
    return _text(lambda: bytes(int(b, 2) for b in re.findall("[01]{8}", piece)))


def _codes(piece: str) -> str | None:
    return _text(lambda: bytes(int(b) for b in re.findall(r"\d+", piece)))


def _entity(piece: str) -> str | None:
    return html.unescape(re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), piece))


def _url(piece: str) -> str | None:
    """Words joined by %20 or +."""
    return re.sub(r"%[0-9A-Fa-f]{2}|\+", lambda m: " " if m[0] == "+" else chr(int(m[0][1:], 16)), piece)


def _spaced(piece: str) -> str | None:
    """Letters apart; two blanks or more are the space between words, and without any the words are guessed."""
    words = [re.sub(r"\s", "", word) for word in WIDE.split(piece)]
    if len(words) > 1:
        return " ".join(words)
    return RUN.sub(lambda m: parted(m[0].lower()) or m[0], SIGN.sub(r" \g<0> ", words[0][:MOST])).strip()


def _text(decode: Callable[[], bytes]) -> str | None:
    try:
        return decode().decode("utf-8")
    except (ValueError, binascii.Error):
        return None


FORMS: tuple[tuple[str, re.Pattern[str], Callable[[str], str | None]], ...] = (
    ("base64", BASE64, _base64),
    ("base32", BASE32, _base32),
    ("hex", HEX, _hex),
    ("bits", BITS, _bits),
    ("codes", CODES, _codes),
    ("escapes", ENTITY, _entity),
    ("url", URL, _url),
    ("spaced", SPACED, _spaced),
    ("joined", JOINED, lambda piece: parted(piece.lower())),
)
