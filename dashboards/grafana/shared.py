"""Panels, links and marks that several dashboards show alike."""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.grafana.parts import Annotation, Link, Panel, same

ALERT = Link("Open in the console", "/alerts/{id}")
INCIDENT = Link("Open in the console", "/incidents/{id}")
MODEL = Link("This model", "?var-model={model}", board="mirqab-model")
CONSOLE_MODEL = Link("Open in the console", "/model?name={model}")
GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"

RELEASES = Annotation("Releases", "releases", {"first_ns": "time", **same("text", "model")}, "blue")
ONSETS = Annotation(
    "Drift and faults",
    "drift_onsets",
    {"first_seen_ns": "time", "resolved_ns": "timeEnd", **same("text", "model")},
    "orange",
)
SILENCES = Annotation(
    "Silences", "silences_made", {"begins_ns": "time", "ends_ns": "timeEnd", **same("text")}, "purple"
)
MARKS = (RELEASES, ONSETS, SILENCES)


def counts(families: Sequence[str] = (), width: int = 6) -> tuple[Panel, ...]:
    """Four numbers: open pages, tickets, suspicions, and the models that have any of the first two."""
    named = (
        ("pages", "Open pages", "Alerts that woke somebody.", RED),
        ("tickets", "Open tickets", "Alerts for office hours.", ORANGE),
        ("suspicions", "Suspicions", "Not certain enough to act on; no error rate is promised for them.", YELLOW),
        ("models", "Models in trouble", "Models with an open page or ticket.", ORANGE),
    )
    return tuple(
        Panel(
            title, text, "stat", "alerts_open_counts", same(column), {"families": list(families)},
            width=width, height=4, steps=((None, GREEN), (1, colour)),
        )
        for column, title, text, colour in named
    )  # fmt: skip


def alerts(title: str, text: str, families: Sequence[str] = (), state: str = "") -> Panel:
    """The table of alerts, linked to the console and to the dashboard of the model."""
    return Panel(
        title, text, "table", "alerts_of_families",
        same("level", "state", "model", "version", "feature", "summary", "accused", "p", "effect", "technique", "id",
             first_seen_ns="since", resolved_ns="resolved"),
        {"families": list(families), "state": state}, width=24, height=10,
        links={"id": ALERT, "summary": ALERT, "model": MODEL},
    )  # fmt: skip


def band(metric: str, title: str, text: str, unit: str = "short", least: float | None = None) -> Panel:
    """One reading of the chosen model: observed, expected by its baseline, and the band of that hour in 14 days."""
    told = f"{text} Grey: 5th to 95th percentile at that hour of the day in the 14 days before; none with less history."
    return Panel(
        title, told, "series", "readings_band",
        {"slot_ns": "time", **same("low", "high", "expected", "observed")},
        {"metric": metric, "feature": ""}, unit=unit, least=least, every="5m", band=True,
    )  # fmt: skip
