"""One form for all that a word can be written in: case, accents, look-alike letters, vowel marks, unseen signs."""

from __future__ import annotations

import re
import unicodedata

# Cyrillic, Greek, Armenian and small-capital letters that look like Latin ones.
_FROM = "аеорсухікјѕһԁɡνοαρτυιεκҟƅԍԛԝɪɴʀᴇᴛᴏᴜᴘᴍᴄᴅᴀʏʟʙɢʜᴋꜱᴠᴡᴢⲟϲϳɑǃмнтвгпьћղոսհօցієїүӏǀℓ"
_TO = "aeopcyxikjshdgvoaptuiekkbgqwinretoupmcdaylbghksvwzocja!mhtbrnbhnnuhogieiyiil"
LOOKALIKES = {ord(a): b for a, b in zip(_FROM, _TO, strict=True)}
# Arabic letters that are written for one another, and the stroke that only stretches a word.
ARABIC = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي", "ـ": ""})
UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)
LATIN = re.compile("[a-z]")
# Letters of Cyrillic and Greek, and those of them that look like no Latin letter.
OF_OWN = re.compile("[\u0370-\u03ff\u0400-\u052f]")
UNLIKE = re.compile("[бджзилфцчшщъыэюяλσςωθξψφδζπβη]", re.IGNORECASE)
UNLIKE_SHARE = 0.1  # of the letters; in Russian a quarter are
# Most words have none of these, and to ask is cheaper than to replace.
LOOKS = re.compile(f"[{_FROM}]")
REWRITTEN = re.compile("[ٱىةکیـß’]")


def folded(word: str) -> str:
    """The word without case, accents, marks and characters that are not seen; Arabic letters in one form."""
    if word.isascii():
        return word.lower()
    word = unicodedata.normalize("NFKD", UNSEEN.sub("", word)).lower()
    if any(map(unicodedata.combining, word)):
        word = "".join([c for c in word if not unicodedata.combining(c)])
    if not REWRITTEN.search(word):
        return word
    return word.translate(ARABIC).replace("ß", "ss").replace("’", "'")


def own_script(text: str) -> bool:
    """Whether Cyrillic or Greek letters in it are meant as such: enough of them look like no Latin letter."""
    if text.isascii() or not OF_OWN.search(text):
        return False
    return len(UNLIKE.findall(text)) >= UNLIKE_SHARE * len(OF_OWN.findall(text))


def plain(word: str) -> tuple[str, bool]:
    """A folded word with look-alikes as Latin letters, and whether it had some among Latin letters."""
    if word.isascii() or not LOOKS.search(word):
        return word, False
    changed = word.translate(LOOKALIKES)
    if changed.isascii() or LATIN.search(word):
        return changed, LATIN.search(word) is not None
    return word, False
