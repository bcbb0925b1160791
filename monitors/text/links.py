"""Links that nobody should follow from an answer of a language model, or that carry away what was said.

A script or a page inside the link; a bare network address as host; a host written with look-alike letters; a user name
that looks like a host before the true one; a picture or a link whose query holds a long piece that means nothing, as
text is smuggled out when a client loads the picture by itself. Blind to honest-looking hosts, to shorteners, and to
links spread over lines.
"""

from __future__ import annotations

import re

from monitors.text import Finding

KINDS = ("link.script", "link.address", "link.lookalike", "link.disguised", "link.carries")
RANK = 25
LINK = re.compile(r"\b(?:https?|ftp)://([^\s<>\"'`)\]}]{1,2048})", re.IGNORECASE)
SCRIPT = re.compile(r"\b(?:javascript|vbscript):[^\s<>]{1,512}|\bdata:(?:text/html|image/svg\+xml)[^\s<>]{1,512}", re.I)
ADDRESS = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|0x[0-9a-f]{8}|\d{8,10}|\[[0-9a-f:]{2,45}\])", re.IGNORECASE)
HOSTLIKE = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
MIXED = re.compile("[a-z]", re.IGNORECASE)
OTHERS = re.compile("[\u0370-\u03ff\u0400-\u04ff\u0530-\u058f]")
PAYLOAD = re.compile(r"[?&#/][\w.-]{0,32}=?((?:[A-Za-z0-9+/_-]|%[0-9A-Fa-f]{2}){40,2048})")
OWN = ("10.", "127.", "192.168.", "169.254.")  # addresses inside a house


def find(text: str, digits: str) -> list[Finding]:
    """Places of such links."""
    found: list[Finding] = []
    if ":" not in text:
        return found
    for m in SCRIPT.finditer(text):
        found.append(Finding("link.script", *m.span()))
    if "://" not in text:
        return found
    for m in LINK.finditer(text):
        kind = _kind(m[1], picture=text[max(0, m.start() - 2) : m.start()] == "](" and _is_picture(text, m.start()))
        if kind:
            found.append(Finding(kind, *m.span()))
    return found


def _kind(rest: str, *, picture: bool) -> str:
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    user, at, host = authority.rpartition("@")
    if at and HOSTLIKE.fullmatch(user.partition(":")[0]):
        return "link.disguised"
    host = host.partition(":")[0] if not host.startswith("[") else host
    if ADDRESS.fullmatch(host) and not host.startswith(OWN):
        return "link.address"
    if "xn--" in host.lower() or (MIXED.search(host.rpartition(".")[0]) and OTHERS.search(host)):
        return "link.lookalike"
    tail = rest[len(authority) :]
    query = "?" in tail or "=" in tail
    if (query or picture) and any(_meaningless(m[1]) for m in PAYLOAD.finditer(tail)):
        return "link.carries"
    return "link.carries" if picture and query and tail.count("%20") + tail.count("+") >= 3 else ""


def _is_picture(text: str, at: int) -> bool:
    """Whether the Markdown link that ends its label before `at` begins with an exclamation mark."""
    opened = text.rfind("![", max(0, at - 256), at)
    return opened >= 0 and "](" not in text[opened : at - 2]


def _meaningless(piece: str) -> bool:
    """Not words joined by hyphens, as names of pages are."""
    kinds = any(c.islower() for c in piece) + any(c.isupper() for c in piece) + any(c.isdigit() for c in piece)
    return kinds >= 2 and piece.count("-") < len(piece) / 12
