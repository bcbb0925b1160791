"""Stored minutes of one model to its realised rate of false alarms, and the row that records it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitors.judge import judged_under
from monitors.limits import Limits
from monitors.realised import Realised, days_of, realise
from monitors.week import DAY_NS
from schemas.actions import REAL
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
SELECT model, version, segment, minute_ns, baseline, vectors, principals, predictions, [] AS sample, [] AS labelled
FROM minutes_now
WHERE model = {model:String} AND minute_ns >= {since:Int64} ORDER BY minute_ns
"""
# The newest verdict on an alert counts; days of what was real are no healthy days. A pane that ends at midnight belongs
# to the day before.
CONFIRMED = """
SELECT intDiv(min(at_ns) - 1, {day:Int64}) AS first, intDiv(max(at_ns) - 1, {day:Int64}) AS last FROM alerts_now
WHERE model = {model:String} AND id IN (
    SELECT subject FROM actions_now WHERE kind = 'alert' AND action = 'verdict'
    GROUP BY subject HAVING argMax(value, (at_ns, id)) IN {real:Array(String)}
)
GROUP BY id
"""
MONTH_WEEKS = 30 / 7


async def models(store: Store) -> list[str]:
    """Every model of which minutes are stored."""
    return [str(row["model"]) for row in await store.query(MODELS)]


async def rate(
    store: Store,
    settings: Settings,
    rules: tuple[Rule, ...],
    baselines: Baselines,
    model: str,
    *,
    since_ns: int,
    weeks: int,
    seed: int,
    seen: Callable[[int], None],
    counted: str = "",
) -> Realised | None:
    """The model's realised rate; None where there are too few healthy days.

    Of days without any counts of that name, if one is given, nothing is known.
    """
    minutes: dict[int, dict[SummaryKey, Summary]] = {}
    for row in await store.query(MINUTES, {"model": model, "since": since_ns}):
        key, summary = rows.summary_of(row)
        minutes.setdefault(key.minute_ns, {})[key] = summary
    spans = await store.query(CONFIRMED, {"model": model, "day": DAY_NS, "real": list(REAL)})
    confirmed = [day for span in spans for day in range(int(span["first"]), int(span["last"]) + 1)]
    known = [prepared for prepared in baselines.all() if prepared.baseline.model == model]
    days = {
        day: of
        for day, of in days_of(minutes, confirmed).items()
        if not counted or any(counted in summary.vectors for each in of.values() for summary in each.values())
    }
    return realise(model, days, known, settings, rules, weeks, seed, seen)


def promised(settings: Settings, one: Realised) -> tuple[float, float]:
    """False tickets and pages that the budget allows this model in so many weeks: a share for each of its versions."""
    limits = Limits.of(settings, settings.kafka.partitions)
    shares = one.weeks * one.versions / limits.slots
    return limits.tickets_per_week * shares, limits.pages_per_month * shares / MONTH_WEEKS


async def record(
    store: Store, settings: Settings, rules: tuple[Rule, ...], found: Sequence[Realised], at_ns: int
) -> None:
    """Add the measurement; it replaces nothing."""
    if not found:
        return
    allowed = [promised(settings, each) for each in found]
    columns = {name: [getattr(each, name) for each in found] for name in ("model", "days", "weeks", "tickets", "pages")}
    table = arrow(
        ERROR_RATES,
        {
            **columns,
            "at": at_ns,
            "at_ns": at_ns,
            "tickets_promised": [tickets for tickets, _ in allowed],
            "pages_promised": [pages for _, pages in allowed],
            "rules_hash": judged_under(rules, settings),
        },
    )
    await store.insert(ERROR_RATES.name, table)
