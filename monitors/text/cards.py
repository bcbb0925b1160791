"""Payment card numbers: 12 to 19 digits with the Luhn check digit, and an issuer's prefix or a word that says card.

Prefixes and lengths are those of ISO/IEC 7812 as the schemes publish them. Blind to numbers split over several lines or
written in words. One in ten numbers of a right prefix and length passes the check by chance.
"""

from __future__ import annotations

import re

from monitors.text import Finding
from monitors.text._context import near, words

KINDS = ("pii.card",)
RANK = 10
NUMBER = re.compile(r"(?<![\w.+-])\d(?:[ -]?\d){11,18}(?![\w-]|\.\d)")
# First and last prefix, and the lengths of that range.
RANGES = (
    ("Visa", 4, 4, (13, 16, 19)),
    ("Mastercard", 51, 55, (16,)),
    ("Mastercard", 2221, 2720, (16,)),
    ("American Express", 34, 34, (15,)),
    ("American Express", 37, 37, (15,)),
    ("Diners Club", 300, 305, (14, 16)),
    ("Diners Club", 36, 36, (14,)),
    ("Diners Club", 38, 39, (14, 16)),
    ("Discover", 6011, 6011, (16, 17, 18, 19)),
    ("Discover", 644, 659, (16, 17, 18, 19)),
    ("JCB", 3528, 3589, (16, 17, 18, 19)),
    ("JCB", 1800, 1800, (15,)),
    ("JCB", 2131, 2131, (15,)),
    ("UnionPay", 62, 62, (16, 17, 18, 19)),
    ("Mir", 2200, 2204, (16,)),
    ("RuPay", 60, 60, (16,)),
    ("RuPay", 81, 82, (16,)),
    ("Mada", 9682, 9682, (16,)),
    ("Maestro", 50, 50, tuple(range(12, 20))),
    ("Maestro", 56, 58, tuple(range(12, 20))),
    ("Maestro", 63, 63, tuple(range(12, 20))),
    ("Maestro", 67, 67, tuple(range(12, 20))),
)
CARD = words("(?:credit|debit|bank|payment)? ?cards?", "cc", "pan", "amex", "visa", "mastercard", r"\w*بطاق[ةه]\w*")


def find(text: str, digits: str) -> list[Finding]:
    """Card numbers in `digits`."""
    return [Finding("pii.card", *m.span()) for m in NUMBER.finditer(digits) if _is_card(m[0], text, m.start())]


def _is_card(written: str, text: str, start: int) -> bool:
    number = written.replace(" ", "").replace("-", "")
    if len(set(number)) == 1 or not luhn(number):
        return False
    return issuer(number) is not None or near(CARD, text, start, 24)


def issuer(number: str) -> str | None:
    """The scheme a number of this prefix and length belongs to, or None."""
    for name, low, high, lengths in RANGES:
        if len(number) in lengths and low <= int(number[: len(str(low))]) <= high:
            return name
    return None


def luhn(number: str) -> bool:
    """Whether the last digit is the check digit of the others (Luhn, ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit)
        if place % 2:
            value = value * 2 - 9 * (value > 4)
        total += value
    return total % 10 == 0
