"""Secrets without a form of their own: a value that is called a password, key or token, or stands where one belongs.

The name decides that it is looked at, chance that it counts: a word or a place holder does not. Values in addresses
(`user:secret@host`), in `curl -u` and in Authorization headers count as well. Blind to secrets nobody calls so.
"""

from __future__ import annotations

import re

from monitors.text import Finding
from monitors.text._context import DIGIT
from monitors.text._entropy import bits, held, kinds_of_characters

KINDS = ("secret.db_url", "secret.aws_secret", "secret.password", "secret.token")
RANK = 20
NAME = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret(?:[_ -]?(?:access[_ -]?)?key)?|token|api[_ -]?key|"
    r"access[_ -]?key(?:[_ -]?id)?|client[_ -]?secret|auth(?:orization|entication)?[_ -]?(?:key|token)?|credentials?|"
    r"private[_ -]?key|key|bearer|كلم[ةه] (?:ال)?(?:سر|مرور)|الرقم السري|رمز (?:ال)?دخول)"
)
ABOUT = r"(?: (?:for|of|to|on|at|لـ?)(?: [\w.-]{1,24}){1,5}?)?"  # "the password for the test box is ..."
NAMES = ("pass", "pwd", "secret", "token", "key", "auth", "credential", "bearer", "كلم", "السري", "رمز")  # in any NAME
SAID = rf"(?:{ABOUT} (?:is|was|are|هي|هو) |\s{{0,3}}(?::=|=>|[:=]|：)\s{{0,3}}|\s{{1,2}}(?=[^\s]{{0,200}}[0-9]))"
VALUE = r"(?:(?:Bearer|Basic|Token) )?[\"'`(]{0,2}(?P<value>[^\s\"'`<>,;(){}]{6,200})"
GIVEN = re.compile(rf"(?<![A-Za-z0-9])[\w-]{{0,24}}?{NAME}[\"']?{SAID}{VALUE}", re.IGNORECASE)
ADDRESS = re.compile(
    r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:@/\"'<>]{0,64}:(?P<value>[^\s:@/\"'<>]{3,128})@"
    r"[^\s\"'<>@]{1,200}"
)
CURL = re.compile(r"(?:-u|--user|--proxy-user)[ =]{0,2}[\"']?[^\s:\"'<>]{0,64}:[\"']?(?P<value>[^\s\"'<>]{3,128})")
HEADER = re.compile(
    r"Authorization:\s{0,4}(?:(?:Basic|Bearer|Token|Api-?Key|Api-Token)\s{1,4})?(?P<value>[A-Za-z0-9_~+/=.:-]{8,512})",
    re.IGNORECASE,
)
HEX = re.compile(r"[0-9a-fA-F]+")
SOME = "".join(rf"(?=[A-Za-z0-9+/]{{0,39}}[{kind}])" for kind in ("0-9", "a-z", "A-Z"))
FORTY = re.compile(rf"(?<![A-Za-z0-9+/=]){SOME}[A-Za-z0-9+/]{{40}}(?![A-Za-z0-9+/=])")
CALLED = re.compile(r"aws|secret|key|token|password|bearer|credential", re.IGNORECASE)
# What people write in examples, and attackers try first; nobody's secret.
COMMON = frozenset({"password", "pass", "test", "secret", "user", "admin", "changeme", "pw", "pwd"})


def find(text: str, digits: str) -> list[Finding]:
    """Values that are called secrets."""
    found = []
    if "://" in text:
        for m in ADDRESS.finditer(text):
            if not held(m["value"]) and m["value"].lower() not in COMMON:
                found.append(Finding("secret.db_url", *m.span()))
    low = text.lower()
    counted = DIGIT.search(text) is not None  # what has none is a word
    for m in FORTY.finditer(text) if counted else ():
        if bits(m[0]) >= 4.2 and not held(m[0]) and CALLED.search(text, max(0, m.start() - 64), m.start()):
            found.append(Finding("secret.aws_secret", *m.span()))
    for m in HEADER.finditer(text) if "authorization" in low else ():
        value = m["value"]
        if not held(value) and len(value) >= 12 and bits(value) >= 3.0:
            found.append(Finding("secret.token", *m.span("value")))
    if "-u" in text or "-user" in text:
        for m in CURL.finditer(text):
            if not held(m["value"]) and m["value"].lower() not in COMMON and kinds_of_characters(m["value"]) >= 2:
                found.append(Finding("secret.password", *m.span("value")))
    for m in GIVEN.finditer(text) if counted and any(name in low for name in NAMES) else ():
        value = m["value"].rstrip(".,;:!?" if len(m["value"]) > 16 else ".,;:?")
        if _is_secret(value):
            kind = "secret.password" if len(value) <= 20 else "secret.token"
            found.append(Finding(kind, m.start("value"), m.start("value") + len(value)))
    return found


def _is_secret(value: str) -> bool:
    """Whether a value that is called a secret looks like one: chosen by nobody, or by somebody who was told how."""
    if held(value) or "://" in value or value.isdigit() or not any(c.isdigit() for c in value):
        return False
    if len(value) <= 20:
        return kinds_of_characters(value) >= 3 and bits(value) >= 2.5 and not value.startswith(("/", "-", "--"))
    return bits(value) >= 3.5 and not (HEX.fullmatch(value) and len(value) in (40, 64))
