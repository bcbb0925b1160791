"""What several families of readings share: a share with its exact p-value, a PSI with its p-value, contributors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from monitors.pane import Pane
from monitors.statistics import js, psi, psi_p, share_p
from schemas.events import Floats, Ints
from schemas.readings import Reading
from schemas.summaries import Summary

TOP = 5
Evidence = Callable[[], dict[str, Any]]


def share_reading(
    pane: Pane,
    metric: str,
    hits: int,
    n: int,
    before: tuple[int, int] | None,
    evidence: Evidence = dict,
    *,
    feature: str = "",
) -> Reading:
    """hits / n against the baseline's (hits, n); effect is the rise of the share, 0 to 1. No baseline: p is None."""
    value = hits / n
    if before is None or not before[1]:
        return pane.reading(metric, n, value, feature=feature, evidence=evidence)
    expected = before[0] / before[1]

    def picture() -> dict[str, Any]:
        shares = {"expected": expected, "observed": value}
        return {name: [{"label": metric, "share": share}] for name, share in shares.items()} | evidence()

    p, effect = pane.independent(share_p(hits, n, *before), n, before[1]), value - expected
    return pane.reading(metric, n, value, feature=feature, expected=expected, p=p, effect=effect, evidence=picture)


def psi_reading(
    pane: Pane, metric: str, feature: str, reference: Ints, counts: Ints, labels: Callable[[], Sequence[str]]
) -> Iterable[Reading]:
    """PSI with p; effect is the PSI itself. One bin alone, or an empty side, is not enough data."""
    if len(counts) < 2 or not reference.any():
        return
    if not counts.any():
        yield pane.reading(metric, 0, None, feature=feature)
        return
    value, parts = psi(reference, counts)
    yield known_psi(pane, metric, feature, (reference, counts), (value, parts), labels)


def known_psi(
    pane: Pane,
    metric: str,
    feature: str,
    counts: tuple[Ints, Ints],
    found: tuple[float, Floats],
    labels: Callable[[], Sequence[str]],
    more: Callable[[], Mapping[str, Any]] = dict,
) -> Reading:
    """The reading of a PSI already computed: `counts` are (reference, observed), `found` its value and parts.

    `more` adds to its evidence, which has the Jensen-Shannon distance of the two anyhow.
    """
    (reference, observed), (value, parts) = counts, found
    n, n_ref = int(observed.sum()), int(reference.sum())

    def picture() -> dict[str, Any]:
        names = labels()
        total = float(np.sum(parts)) or 1.0
        order = np.argsort(parts)[::-1][:TOP].tolist()
        top = [{"name": f"{feature} {names[i]}".strip(), "share": float(parts[i]) / total} for i in order]
        apart = {"js": js(reference, observed), **more()}
        return histogram_detail(reference, observed, names) | {"contributors": top} | apart

    p = pane.independent(psi_p(value, n_ref, n, len(observed)), n, n_ref)
    return pane.reading(metric, n, value, feature=feature, expected=0.0, p=p, effect=value, evidence=picture)


def histogram_detail(reference: Ints, counts: Ints, labels: Sequence[str], unit: str = "") -> dict[str, Any]:
    """Two histograms as shares, empty ends cut off, for a picture."""
    used = np.flatnonzero(reference + counts)
    first, last = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 0)

    def shares(values: Ints) -> list[dict[str, Any]]:
        total = int(values.sum()) or 1
        return [{"label": labels[i], "share": int(values[i]) / total} for i in range(first, last)]

    return {"expected": shares(reference), "observed": shares(counts), "unit": unit}


def top_principals(summary: Summary, column: int) -> list[dict[str, Any]]:
    """Who contributed most to a count: 1 anomalous, 2 failed."""
    total = sum(row[column] for row in summary.principals.values())
    if not total:
        return []
    ranked = sorted(summary.principals.items(), key=lambda item: (-item[1][column], item[0]))[:TOP]
    return [{"name": name, "share": row[column] / total} for name, row in ranked if row[column]]


def reference_of(pane: Pane, name: str, width: int) -> Ints | None:
    """Counts the baseline keeps of its own rows; None where it lacks them or they do not fit (an older baseline)."""
    found = pane.expected(name)
    return found if found is not None and len(found) == width and bool((found >= 0).all()) else None


def two_sided(hits: int, n: int, before: tuple[int, int]) -> float:
    """Chance of a share that far from the baseline's in either direction; twice the smaller exact tail."""
    return min(1.0, 2 * min(share_p(hits, n, *before), share_p(n - hits, n, before[1] - before[0], before[1])))
