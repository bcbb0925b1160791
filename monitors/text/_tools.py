"""Which tools a reply calls and with which arguments, where the log writes calls into the reply.

Read are JSON in the shapes of OpenAI, Anthropic, Gemini and `<tool_call>`, and calls written as `name({...})` on a line
of their own, as the formats of `schemas.formats` do. Calls beyond the first `MOST` are left out, and so are arguments
that are named as parts of a call are (`OF_CALLS`: `id`, `type`).
"""

from __future__ import annotations

import re
from typing import NamedTuple

MOST = 8
LOOKED = 16_384  # characters
HINTS = ("tool", "function", "arguments", "({")
NAME = re.compile(
    r"\"(?:name|tool_name|recipient_name)\"\s{0,4}:\s{0,4}\"([\w.:/-]{1,64})\"|^([\w.:/-]{1,64})\((?=\{)", re.MULTILINE
)
KEY = re.compile(r"\\?\"([\w.-]{1,64})\\?\"\s{0,4}:")
TARGET = re.compile(
    r"\b(?:https?|ftp|file|s3|gs)://([\w.-]{1,253})|\b[\w.+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,4})"
)
OF_CALLS = frozenset({"name", "tool_name", "recipient_name", "type", "id", "function", "arguments", "input", "args"})


class Call(NamedTuple):
    """One call: the tool, the names of its arguments, the hosts that links and addresses in them lead to, its place."""

    tool: str
    keys: tuple[str, ...]
    hosts: tuple[str, ...]
    start: int
    end: int

    @property
    def shapes(self) -> tuple[str, ...]:
        """What about this call may be new: its arguments, and each host."""
        return (f"{self.tool}({','.join(self.keys)})", *(f"{self.tool}@{host}" for host in self.hosts))


def calls(reply: str) -> tuple[Call, ...]:
    """The calls of a reply, in order; what follows a name up to the next is taken as its arguments."""
    if '"' not in reply or "{" not in reply or not any(hint in reply for hint in HINTS):
        return ()
    looked = reply[:LOOKED]
    found = list(NAME.finditer(looked))[:MOST]
    ends = [*(m.start() for m in found[1:]), len(looked)]
    return tuple(_call(m[1] or m[2], looked, m.end(), end) for m, end in zip(found, ends, strict=True))


def _call(tool: str, reply: str, start: int, end: int) -> Call:
    given = reply[start:end]
    keys = {key for key in KEY.findall(given) if key not in OF_CALLS}
    hosts = {(link or mail).casefold() for link, mail in TARGET.findall(given)}
    return Call(tool, tuple(sorted(keys)), tuple(sorted(hosts)), start, end)
