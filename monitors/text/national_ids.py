"""National identity numbers: form, check digit where there is one, and the words around it where there is none.

Qatar's number has no check digit that is public: its form is century, year of birth, country, serial; it counts where
something near calls it an identity. Blind to identity numbers of countries that are not listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from monitors.text import Finding
from monitors.text._context import many_digits, near, words
from monitors.text.cards import luhn

RANK = 15
FEWEST = 6  # digits of a British number; all others have more
IDENTITY = words(
    "ids?", "qid", "identity", "identification", "civil", "national", "residen(?:t|ce|cy)", "iqama", "nin", "ssn",
    "social security(?: number)?", "aadhaar", "uidai", "cpr",
    r"(?:ال|لل|بال)?هوي[ةه]\w*", r"(?:ال)?رقم (?:ال)?(?:شخصي|مدني|قومي)",
    r"(?:ال)?بطاق[ةه] (?:ال)?شخصي[ةه]", r"(?:ال)?[إا]قام[ةه]",
)  # fmt: skip


class Number(NamedTuple):
    """One country's number. `named`: it counts only where it is called one."""

    kind: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool]
    named: bool


def _pattern(body: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w+.-]){body}(?![\w-]|\.\d)")


def _true(number: str) -> bool:
    return True


def verhoeff(number: str) -> bool:
    """Whether the last digit is the check digit of the others (Verhoeff 1969, the dihedral group of order 10)."""
    check = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit)
        for _ in range(place % 8):
            value = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[value]
        check = _d5(check, value)
    return check == 0


def _d5(a: int, b: int) -> int:
    """Product of two elements of the dihedral group: 0 to 4 are turns, 5 to 9 turns after a flip."""
    turn, flipped = (a + b) % 5, a // 5 != b // 5
    if a >= 5:
        turn = (a - b) % 5
    return turn + 5 * flipped


def _kuwait(number: str) -> bool:
    weights = (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return 11 - sum(w * int(d) for w, d in zip(weights, number, strict=False)) % 11 == int(number[11])


NUMBERS = (
    Number("pii.qid", _pattern(r"[23]\d{10}"), _true, True),
    Number("pii.ssn", _pattern(r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}"), _true, False),
    Number("pii.ssn", _pattern(r"(?!000|666|9)\d{3}(?!00)\d{2}(?!0000)\d{4}"), _true, True),
    Number("pii.emirates_id", _pattern(r"784-?(?:19|20)\d{2}-?\d{7}-?\d"), luhn, False),
    Number("pii.saudi_id", _pattern(r"[12]\d{9}"), luhn, True),
    Number("pii.kuwait_id", _pattern(r"[23]\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{5}"), _kuwait, True),
    Number("pii.egypt_id", _pattern(r"[23]\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{7}"), _true, True),
    Number("pii.bahrain_id", _pattern(r"\d{2}(?:0[1-9]|1[0-2])\d{5}"), _true, True),
    Number("pii.aadhaar", _pattern(r"[2-9]\d{3} ?\d{4} ?\d{4}"), verhoeff, True),
    Number("pii.uk_nino", _pattern(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]"), _true, False),
)
KINDS = tuple(dict.fromkeys(number.kind for number in NUMBERS))


def find(text: str, digits: str) -> list[Finding]:
    """Identity numbers in `digits`."""
    found: list[Finding] = []
    if many_digits(digits) < FEWEST:
        return found
    for number in NUMBERS:
        for m in number.pattern.finditer(digits):
            plain = m[0].replace("-", "").replace(" ", "")
            if number.check(plain) and (not number.named or near(IDENTITY, text, m.start())):
                found.append(Finding(number.kind, m.start(), m.end()))
    return found
