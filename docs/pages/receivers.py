"""Every kind of receiver of pages and its options."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from docs.markdown import cell, code, document, grid
from streams import notifiers


def page() -> str:
    """Every kind of receiver of pages and its options."""

    def lines() -> Iterator[str]:
        for kind in notifiers.names():
            found = notifiers.module(kind)
            yield from (f"## {kind}", "", inspect.getdoc(found) or "", "")
            yield "Told of every change." if found.KEYED else "Told of what is new, worse, repeated or over."
            yield ""
            marks = dict.fromkeys(found.REQUIRED, "needed")
            for name in found.SECRETS:
                marks[name] = f"{marks[name]}, secret" if name in marks else "secret"
            rows = [
                (code(n), cell(text) + (f" *({marks[n]})*" if n in marks else "")) for n, text in found.OPTIONS.items()
            ]
            yield from grid(("option", "meaning"), rows)

    about = (
        "Each is a module of `streams/notifiers`, named by `kind` in `[receivers.NAME]`. *secret*: given as the "
        "option with `_file`, or as the variable `MIRQAB_RECEIVER_<NAME>_<OPTION>`."
    )
    return document("Receivers of pages", about, lines())
