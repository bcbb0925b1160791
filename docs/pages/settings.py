"""Every setting of every section."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Iterator
from typing import get_type_hints

from docs.markdown import cell, code, document, grid
from schemas import days
from schemas import receivers as receiving
from schemas.formats import names as format_names
from schemas.modelinfo import ModelInfo
from schemas.receivers import Route
from schemas.settings import SECTIONS
from schemas.topicinfo import TopicInfo

SEGMENTS = """
    `segments` names up to 4 keys of the records' `segment` object, or features: `segments = ["channel", "age"]`. Each
    value that the baseline knows (of a numeric feature, each of its bins) is then judged by itself: half of the model's
    false-alarm budget is for the whole of it, the other half for its segments in equal parts. A segment is compared
    with its own first events after the baseline was known, at least a quarter of `judge.baseline_events`. The
    commonest `line.max_segments` values of a key have a name, the rest is `(other)`; a baseline that was learnt before
    records had the key knows none.
"""


def kind_of(hint: object) -> str:
    """A type as a reader of TOML knows it."""
    known: dict[object, str] = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return known.get(hint, "list of texts")


def page() -> str:
    """Every setting of every section."""

    def lines() -> Iterator[str]:
        for name, section in SECTIONS.items():
            hints = get_type_hints(section)
            yield from (f"## [{name}]", "", inspect.getdoc(section) or "", "")
            rows = []
            for f in dataclasses.fields(section):
                default = f.default_factory() if f.default is dataclasses.MISSING else f.default  # type: ignore[misc]
                marks = [word for word in ("secret", "judged") if f.metadata[word]]
                rows.append(
                    (
                        code(f.name),
                        kind_of(hints[f.name]),
                        code(json.dumps(default)),
                        cell(f.metadata["help"]) + (f" *({', '.join(marks)})*" if marks else ""),
                    )
                )
            yield from grid(("setting", "type", "default", "meaning"), rows)
        yield from ('## [models."PATTERN"]', "", inspect.getdoc(ModelInfo) or "", "")
        info = zip(ModelInfo.__struct_fields__, ModelInfo.__struct_defaults__, strict=True)
        rows = [(code(k), "text" if isinstance(v, str) else "list of texts", code(json.dumps(v))) for k, v in info]
        yield from grid(("key", "type", "default"), rows)
        yield from ("", inspect.cleandoc(SEGMENTS))
        yield from ("", '## [topics."PATTERN"]', "", inspect.getdoc(TopicInfo) or "", "")
        yield from grid(("key", "type"), [(code("format"), "text: " + ", ".join(map(code, format_names())))])
        yield from ("## [receivers.NAME] and [[routes]]", "", inspect.getdoc(receiving) or "", "")
        routes = zip(Route.__struct_fields__[1:], Route.__struct_defaults__, strict=True)
        yield from grid(("key of a route", "default"), [(code(k), code(json.dumps(v))) for k, v in routes])
        yield from ("", "## The calendar file", "", inspect.getdoc(days) or "")

    about = (
        "Read from the TOML file that `--config` or `MIRQAB_CONFIG` names, then from the environment: "
        "`MIRQAB_STORE_URL` is `url` of `[store]`; a list is given with commas. *secret*: only from the environment, "
        "or from a file named by the same key with `_file`. *judged*: changes what is alerted, so its value is part "
        "of the hash on every alert."
    )
    return document("Settings", about, lines())
