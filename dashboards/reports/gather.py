"""Asks the store what a weekly report needs. It judges nothing; all questions are files of `dashboards/queries`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.questions import question
from dashboards.reader import Reader, Rows
from dashboards.reports import columns
from dashboards.reports.weeks import Week
from monitors.weekly.changes import Reference
from monitors.weekly.rows import Rows as Sample
from schemas.actions import APPROVE
from schemas.baselines import PROPOSED, Baseline, decode, rank
from schemas.incidents import OPEN, SELF
from schemas.rules import Rule
from schemas.settings import Settings

WEEKS_BACK = 6
REFERENCE_ROWS = 20_000
FEWEST_REFERENCE = 200  # stored rows below which the baseline's own counts are the better reference


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything the store said about one model and week."""

    model: str
    week: Week
    now_ns: int
    settings: Settings
    rules: Mapping[str, Rule]
    versions: Rows  # of the week, the busiest first
    sample: Sample
    reference: Reference | None
    baseline: Mapping[str, Any] | None
    approvals: Rows  # of the baseline, the newest first
    alerts: Rows
    weeks: Rows
    readings: Rows
    rejects: Rows
    late: Rows
    rates: Rows
    earlier: Rows
    alarms: Rows  # about the model itself, not its traffic: unregistered, its file exchanged, a drill lost, …
    drills: Rows  # of each kind and strength what the last ones saw, up to the end of the week

    @property
    def events(self) -> int:
        return sum(int(row["events"]) for row in self.versions)

    def total(self, name: str) -> int:
        return sum(int(row[name]) for row in self.versions)


async def ask(reader: Reader, name: str, /, **parameters: Any) -> Rows:
    return await reader.query(question(name).sql, parameters)


async def gather(
    reader: Reader, settings: Settings, rules: Iterable[Rule], model: str, week: Week, now_ns: int
) -> Asked:
    """Raises StoreUnavailable or StoreRefused."""
    span = {"model": model, "from_ns": week.from_ns, "until_ns": week.until_ns}
    versions = await ask(reader, "report_versions", **span)
    events = sum(int(row["events"]) for row in versions)
    sample = await draw(reader, span, "", events, settings.reports.sample_rows)
    listed = await ask(reader, "baselines_of", model=model)
    chosen = in_force(listed, versions)
    reference = await _reference(reader, model, chosen) if chosen else None
    acts, alerts, weeks, readings, rejects, late, rates, earlier, incidents, drills = await asyncio.gather(
        ask(reader, "actions_on", kind="baseline", subject=chosen["id"] if chosen else ""),
        ask(reader, "report_alerts", **span),
        ask(reader, "report_weeks", **{**span, "from_ns": max(0, week.back(WEEKS_BACK).from_ns)}),
        ask(reader, "report_readings", **span),
        ask(reader, "report_rejects", from_ns=week.from_ns, until_ns=week.until_ns),
        ask(reader, "late_by_model", **span),
        ask(reader, "error_rates_newest"),
        ask(reader, "reports_of", kind="weekly", model=model, limit=60),
        ask(reader, "incidents_present", model=model, level="", state="", limit=1000),
        ask(reader, "drills_standing", model=model, until_ns=week.until_ns),
    )
    return Asked(
        model=model,
        week=week,
        now_ns=now_ns,
        settings=settings,
        rules={rule.id: rule for rule in rules},
        versions=versions,
        sample=sample,
        reference=reference,
        baseline=chosen,
        approvals=[row for row in acts if row["action"] == APPROVE],
        alerts=alerts,
        weeks=weeks,
        readings=readings,
        rejects=rejects,
        late=late,
        rates=[row for row in rates if row["model"] == model],
        earlier=[row for row in earlier if row["from_ns"] < week.from_ns],
        alarms=[row for row in incidents if row["id"].startswith(SELF) and _meets(row, week)],
        drills=drills,
    )


def _meets(row: Mapping[str, Any], week: Week) -> bool:
    """Whether an incident was open at some moment of the week."""
    return bool(row["opened_ns"] < week.until_ns and (row["state"] == OPEN or row["resolved_ns"] >= week.from_ns))


async def draw(reader: Reader, span: Mapping[str, Any], version: str, events: int, most: int) -> Sample:
    """About `most` events of a stretch, each with the same chance: the same ones whenever it is asked for."""
    every = max(1, -(-events // max(1, most)))
    # The hash gives about so many; the limit only guards against a store that grew since it was counted.
    rows = await ask(reader, "report_rows", **span, version=version, every=every, limit=2 * most)
    ids = sorted({int(row["feature_set"]) for row in rows})
    names = await ask(reader, "feature_names", ids=ids) if ids else []
    return columns.sample(rows, names, span["from_ns"], span["until_ns"], events)


def in_force(listed: Rows, versions: Rows) -> Mapping[str, Any] | None:
    """The newest baseline that scored answers of the busiest version of which any were scored.

    One that is approved or learnt later changes no past week, so that the same week gives the same report. Where
    nothing was scored it is the first baseline of the busiest version that has one.
    """
    listed = [row for row in listed if row["origin"] != PROPOSED]
    for version in versions:
        used = [row for row in listed if row["id"] in version["baselines"]]
        if used:
            return max(used, key=_rank)
    for version in versions:
        known = [row for row in listed if row["version"] == version["version"]]
        if known:
            return min(known, key=_rank)
    return None


def _rank(row: Mapping[str, Any]) -> tuple[bool, int, bool, str]:
    return rank(row["number"], row["origin"], row["id"])


async def _reference(reader: Reader, model: str, row: Mapping[str, Any]) -> Reference | None:
    found = await ask(reader, "baseline_content", id=row["id"])
    baseline = decode(found[0]["content"]) if found and found[0]["content"] != "{}" else None
    if baseline is None:
        return None
    return Reference(baseline, await _rows_of(reader, model, baseline))


async def _rows_of(reader: Reader, model: str, baseline: Baseline) -> Sample | None:
    """The stored events of the time it was learnt from; None where they are not, or no longer, there."""
    span = {"model": model, "from_ns": baseline.learnt_from_ns, "until_ns": baseline.learnt_to_ns}
    counted = await ask(reader, "report_versions", **span)
    events = sum(int(row["events"]) for row in counted if row["version"] == baseline.version)
    # Of a baseline given from another log a few events of that time may be here by accident.
    if events < max(FEWEST_REFERENCE, baseline.events // 2):
        return None
    return await draw(reader, span, baseline.version, events, REFERENCE_ROWS)
