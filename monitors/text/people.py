"""What else points at a person: mail and network addresses, phones, passports and dates of birth where so named.

Names and street addresses are not looked for: no pattern tells them from other words at a useful error rate. Phones
without a country's or an area's form count only where something near calls them phones.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from monitors.text import Finding
from monitors.text._context import many_digits, near, words

KINDS = ("pii.email", "pii.ip", "pii.phone", "pii.passport", "pii.birth_date")
RANK = 30
FEWEST = 5  # digits of a date with a named month; phones and passports have more
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"(?<![\w.%+-])[\w%+](?:[\w.%+-]{{0,62}}\w)?@(?:{LABEL}\.){{1,6}}[A-Za-z]{{2,24}}(?![\w-])")
V4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?![\w-]|\.\d)")
V6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:])")
VERSION = words(
    "version", "ver", "v", "release", "build", "firmware", "agent", "section", "chapter", "clause", "الإصدار", "إصدار"
)
INTERNATIONAL = re.compile(r"(?<![\w+])(?:\+|(?<!\d[ .-])00)[1-9]\d{0,2}(?:[ .-]?\(?\d{1,4}\)?){2,5}(?![\w-])")
NORTH_AMERICAN = re.compile(
    r"(?<![\w.+-])(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])\d{3}[ .-]\d{4}(?:x\d{1,5})?(?![\w-])"
)
LOCAL = re.compile(r"(?<![\w.+-])[(]?\d[\d() .-]{5,16}\d(?![\w-])")
PHONE = words(
    "phone", "telephone", "tel", "mobile", "cell", "call", "calling", "whatsapp", "fax", "sms", "contact", "reach",
    "dial",
    "answering", "ring", "messages? (?:to|on|at)(?: my)?(?: registered)?", "texts? to",
    r"(?:ال|رقم )?جوال\w*", r"(?:ال)?هاتف\w*", r"(?:ال)?موبايل\w*", r"واتس\w*", r"تلفون\w*",
)  # fmt: skip
AFTER = re.compile(r"[ ,-]{1,3}(?:office|fax|mobile|home|desk|cell|phone)(?![a-z])", re.IGNORECASE)
PASSPORT = re.compile(
    r"(?:passports?|جواز(?: ال)?(?: ?سفر)?)\W{0,3}(?:(?:number|no|nr|num|is|رقم\w{0,3})\W{0,3}){0,3}"
    r"([A-Z]{1,2}\d{6,8}|\d{8,9})(?!\w)",
    re.IGNORECASE,
)
DAY, MONTH, YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
NAMED = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
DATE = re.compile(
    rf"(?<![\w/.-])(?:{DAY}[/.-]{MONTH}[/.-]{YEAR}|{MONTH}/{DAY}/{YEAR}|{YEAR}[/.-]{MONTH}[/.-]{DAY}|"
    rf"{DAY} {NAMED},? {YEAR}|{NAMED} {DAY},? {YEAR})(?![\w/-])",
    re.IGNORECASE,
)
BIRTH = words("born", "birth", "birthday", "dob", "d\\.o\\.b", "birthdate", r"\w*ميلاد\w*", r"\w*مولود\w*")


def find(text: str, digits: str) -> list[Finding]:
    """Addresses, phones, passports, dates of birth."""
    found: list[Finding] = []
    if "@" in text:
        found += [Finding("pii.email", *m.span()) for m in EMAIL.finditer(text)]
    count = many_digits(digits)
    if not count and ":" not in digits:
        return found
    for pattern in (V4, V6) if digits.count(".") >= 3 or digits.count(":") >= 2 else ():
        for m in pattern.finditer(digits):
            if _is_address(m[0]) and not near(VERSION, text, m.start(), 12):
                found.append(Finding("pii.ip", *m.span()))
    if count < FEWEST:
        return found
    found += [Finding("pii.passport", *m.span(1)) for m in PASSPORT.finditer(digits)]
    found += [Finding("pii.birth_date", *m.span()) for m in DATE.finditer(digits) if near(BIRTH, text, m.start(), 32)]
    return found + _phones(text, digits)


def _phones(text: str, digits: str) -> list[Finding]:
    found: list[Finding] = []
    for pattern, named in ((INTERNATIONAL, False), (NORTH_AMERICAN, False), (LOCAL, True)):
        for m in pattern.finditer(digits):
            count = sum(c.isdigit() for c in m[0])
            if not 7 <= count <= 15 or DATE.fullmatch(m[0]):
                continue
            if named and not (near(PHONE, text, m.start(), 28) or AFTER.match(text, m.end())):
                continue
            span = Finding("pii.phone", *m.span())
            if all(span.end <= other.start or span.start >= other.end for other in found):
                found.append(span)
    return found


def _is_address(written: str) -> bool:
    try:
        address = ip_address(written)
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_loopback)
