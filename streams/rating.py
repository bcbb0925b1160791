"""Stored minutes of one model to its realised rate of false alarms, and the row that records it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitors.judge import Judge
from monitors.purse import WEEK_MINUTES
from monitors.realised import Realised, days_of, realise
from monitors.usual import DAY_NS
from schemas.rules import Rule
from schemas.settings import Settings
from schemas.summaries import Summary, SummaryKey
from schemas.tables import ERROR_RATES
from streams import judgerows as rows
from streams.known import Baselines
from streams.rows import arrow
from streams.store import Store

MODELS = "SELECT DISTINCT model FROM minutes_now ORDER BY model"
MINUTES = """
SELECT model, version, segment, minute_ns, baseline, vectors, principals, predictions, sample FROM minutes_now
WHERE model = {model:String} AND minute_ns >= {since:Int64} ORDER BY minute_ns
"""
CONFIRMED = """
SELECT DISTINCT intDiv(a.at_ns, {day:Int64}) AS day FROM alerts_now AS a INNER JOIN actions_now AS v ON v.subject = a.id
WHERE a.model = {model:String} AND v.kind = 'alert' AND v.action = 'verdict' AND v.value = 'true'
"""
MONTH_WEEKS = 30 / 7


async def models(store: Store) -> list[str]:
    """Every model of which minutes are stored."""
    return [str(row["model"]) for row in await store.query(MODELS)]


async def rate(
    store: Store,
    settings: Settings,
    rules: tuple[Rule, ...],
    model: str,
    *,
    since_ns: int,
    weeks: int,
    seed: int,
    seen: Callable[[int], None],
) -> Realised | None:
    """The model's realised rate; None where there are too few healthy days."""
    baselines = Baselines()
    await baselines.read(store)
    minutes: dict[int, dict[SummaryKey, Summary]] = {}
    for row in await store.query(MINUTES, {"model": model, "since": since_ns}):
        key, summary = rows.summary_of(row)
        summary.sample = []  # what was learnt is known; nothing is learnt here
        minutes.setdefault(key.minute_ns, {})[key] = summary
    confirmed = [int(row["day"]) for row in await store.query(CONFIRMED, {"model": model, "day": DAY_NS})]
    known = [prepared for prepared in baselines.all() if prepared.baseline.model == model]
    return realise(model, days_of(minutes, confirmed), known, settings, rules, weeks, seed, seen)


def promised(settings: Settings, weeks: int) -> tuple[float, float]:
    """False tickets and pages that one model's share of the budget allows in so many weeks."""
    judge, minutes = settings.judge, weeks * WEEK_MINUTES
    tickets = judge.false_tickets_per_week * minutes / WEEK_MINUTES
    return tickets / judge.model_slots, judge.false_pages_per_month * weeks / MONTH_WEEKS / judge.model_slots


async def record(
    store: Store, settings: Settings, rules: tuple[Rule, ...], found: Sequence[Realised], at_ns: int
) -> None:
    """Add the measurement; it replaces nothing."""
    if not found:
        return
    allowed = [promised(settings, each.weeks) for each in found]
    columns = {name: [getattr(each, name) for each in found] for name in ("model", "days", "weeks", "tickets", "pages")}
    table = arrow(
        ERROR_RATES,
        {
            **columns,
            "at": at_ns,
            "at_ns": at_ns,
            "tickets_promised": [tickets for tickets, _ in allowed],
            "pages_promised": [pages for _, pages in allowed],
            "rules_hash": Judge(settings, rules, settings.kafka.partitions).rules_hash,
        },
    )
    await store.insert(ERROR_RATES.name, table)
