"""Which tools a reply calls, where the log writes calls into the reply as JSON: OpenAI, Anthropic, Gemini and
`<tool_call>` shapes. A format that logs calls elsewhere shows none; names beyond the first `MOST` are left out.
"""

from __future__ import annotations

import re

MOST = 8
LOOKED = 16_384  # characters
HINTS = ("tool", "function", "arguments")
NAME = re.compile(r"\"(?:name|tool_name|recipient_name)\"\s{0,4}:\s{0,4}\"([\w.:/-]{1,64})\"")


def tools(reply: str) -> tuple[str, ...]:
    """The tools called, in order of first appearance."""
    if '"' not in reply or "{" not in reply or not any(hint in reply for hint in HINTS):
        return ()
    return tuple(dict.fromkeys(NAME.findall(reply[:LOOKED])))[:MOST]
