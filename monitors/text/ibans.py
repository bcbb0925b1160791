"""Account numbers in the international form (ISO 13616): country, its length, and the check digits modulo 97.

Blind to national account numbers. One in 97 texts of the right form passes by chance.
"""

from __future__ import annotations

import re

from monitors.text import Finding

KINDS = ("pii.iban",)
RANK = 5
BEGINS = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2})[ -]?\d{2}")
PLACE = re.compile(r"[ -]?[A-Za-z0-9]")
COUNTRIES = (
    "AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22 DK:18 DO:28 "
    "EE:20 EG:29 ES:24 FI:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 "
    "IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 "
    "NL:18 NO:15 OM:23 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 SA:24 SC:31 SD:18 SE:24 SI:19 SK:24 SM:27 ST:25 "
    "SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20 "
)
LENGTHS = {pair[:2]: int(pair[3:]) for pair in COUNTRIES.split()}


def find(text: str, digits: str) -> list[Finding]:
    """IBANs in `digits`, with or without blanks."""
    found = []
    for begin in BEGINS.finditer(digits):
        length = LENGTHS.get(begin[1].upper(), 0)
        end = _end(digits, begin.start(), length)
        if end is not None and valid(digits[begin.start() : end]):
            found.append(Finding("pii.iban", begin.start(), end))
    return found


def _end(digits: str, start: int, length: int) -> int | None:
    """Where a number of so many letters and digits ends, or None if it is shorter or goes on."""
    at, seen = start, 0
    while seen < length:
        place = PLACE.match(digits, at)
        if place is None:
            return None
        at, seen = place.end(), seen + 1
    return at if length and not digits[at : at + 1].isalnum() else None


def valid(written: str) -> bool:
    """Whether the check digits are right."""
    number = written.replace(" ", "").replace("-", "").upper()
    return number.isascii() and int("".join(str(int(c, 36)) for c in number[4:] + number[:4])) % 97 == 1
