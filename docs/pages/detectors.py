"""Every detector, ours and River's."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator

from docs.markdown import code, document, grid
from monitors import detectors, river_catalogue
from monitors.held import LIVELY, SLOW
from monitors.readings import FAMILIES, every_pane, metrics_of

ALWAYS = ", ".join(code(metric) for family in FAMILIES if every_pane(family) for metric in metrics_of(family))
LENGTHS = f"""Every length (`memory`, `block`, `first`, `window_size`, …) counts values, not time. Only {ALWAYS}
come with every pane. All other readings wait until a pane has {LIVELY} events, or {SLOW} have come together: of a model
asked {SLOW} times an hour a value comes once an hour, so 288 values are twelve days, not one, and four weeks are 672
values. Give lengths that fit how often a value comes."""


def page() -> str:
    """Every detector."""

    def lines() -> Iterator[str]:
        for name in detectors.names():
            kind = detectors.kind(name)
            about = importlib.import_module(f"monitors.detectors.{name}").__doc__ or ""
            text = re.split(r"\n\s*>>>", inspect.getdoc(kind) or "")[0]
            given = {key: p.default for key, p in detectors.accepted(name).items()}
            yield from (f"## {name}", "", about.strip(), "", text.strip(), "")
            pays = "yes" if kind.calibrated else "no: what it says stays *suspected*"
            yield from (f"Calibrated (may pay from the error budget): {pays}.", "")
            yield from grid(("parameter", "default"), ((code(k), code(json.dumps(v))) for k, v in given.items()))
        yield from river_detectors()

    about = f"Named by `detector` in a rule, with `[parameters]` of their own.\n\n{LENGTHS}"
    return document("Detectors", about, lines())


def river_detectors() -> Iterator[str]:
    """What of River can be named, and how it is shown a series."""
    found = river_catalogue.entries()
    text = re.split(r"\n\s*>>>", inspect.getdoc(detectors.kind(next(iter(found)))) or "")[0]
    yield from ("## River's own", "", importlib.import_module("monitors.detectors._river").__doc__ or "", "")
    yield from (text.strip(), "", inspect.getdoc(river_catalogue) or "", "")
    rows = []
    for name in found:
        given = {key: p.default for key, p in detectors.accepted(name).items()}
        rows.append((code(name), ", ".join(code(f"{k} = {json.dumps(v)}") for k, v in given.items())))
    yield from grid(("detector", "parameters and defaults (null: left out)"), rows)
    refused = (f"{code(name)} ({why})" for name, why in river_catalogue.REFUSED.items())
    yield from (f"Not to be named: {', '.join(refused)}. Forecasters that can be wrapped:", "")
    yield from (f"- {code(name)}" for name in river_catalogue.forecasters())
