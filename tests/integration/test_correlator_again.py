"""`correlate` over a real store: killed and begun again, it goes on where it was, and tells its last changes again."""

from __future__ import annotations

from dataclasses import replace

from schemas.alerts import PAGE, RESOLVED, TICKET, Alert, Transition
from schemas.incidents import MERGED, OVER, Incident
from schemas.readings import Series
from schemas.settings import Settings
from schemas.tables import ALERTS
from streams.correlating import Correlator
from streams.judgerows import alert_rows
from streams.sinks.clickhouse import ClickHouseStore

MINUTE = 60_000_000_000
BEGIN = 1_750_000_000_000_000_000 // MINUTE * MINUTE


def made(id: str, model: str, minute: int, *, principals: tuple[str, ...] = ()) -> Alert:
    at = BEGIN + minute * MINUTE
    family = "evasion" if principals else "drift"
    return Alert(
        id, "score_drift", family, TICKET, "open", Series(model, "1", "output.score_psi"), principals, at, at, None,
        1e-5, 0.3, 700, f"{id} on {model}", "", "b", "h", {}, (Transition(at, TICKET, "seen"),),
    )  # fmt: skip


def moved(alert: Alert, level: str, minute: int) -> Alert:
    at = BEGIN + minute * MINUTE
    step = (*alert.transitions, Transition(at, level, "moved"))
    if level == RESOLVED:
        return replace(alert, state=RESOLVED, resolved_ns=at, transitions=step)
    return replace(alert, level=level, transitions=step)


async def told(store: ClickHouseStore, correlator: Correlator, *alerts: Alert) -> list[Incident]:
    """As the judge does: stored, then told."""
    await store.insert(ALERTS.name, alert_rows(list(alerts), 1))
    return await correlator.feed(alerts)


async def test_a_new_correlator_goes_on_with_the_numbers_of_the_old_one(store: ClickHouseStore) -> None:
    first = Correlator(store, Settings())
    a = made("a", "m", 0)
    (opened,) = await told(store, first, a)
    assert (opened.id, opened.number, opened.reason) == ("i-a", 0, "opened")
    (raised,) = await told(store, first, worse := moved(a, PAGE, 5))
    assert (raised.number, raised.level) == (1, PAGE)

    second = Correlator(store, Settings())
    again, joined = await told(store, second, made("b", "m", 6))
    assert again == raised, "the last change may not have been published before the kill"
    assert (joined.number, joined.alerts, joined.reason) == (2, ("a", "b"), "1 alert joined")
    assert await second.feed([worse, a]) == [], "what is told twice changes nothing"
    over = [moved(worse, RESOLVED, 60), moved(made("b", "m", 6), RESOLVED, 70)]
    (end,) = await told(store, second, *over)
    assert (end.state, end.number, end.resolved_ns) == (OVER, 3, BEGIN + 70 * MINUTE)
    rows = await store.query("SELECT transition, level, state, reason FROM incidents_now ORDER BY transition")
    assert [row["state"] for row in rows] == ["open", "open", "open", "resolved"]


async def test_an_alert_that_comes_late_and_ties_two_together_ends_the_younger_one(store: ClickHouseStore) -> None:
    correlator = Correlator(store, Settings())
    await told(store, correlator, made("a", "m", 0, principals=("p",)))
    await told(store, correlator, made("c", "o", 20, principals=("p",)))
    one, two = await told(store, correlator, made("b", "n", 10, principals=("p",)))
    assert {one.id: one.state, two.id: two.state} == {"i-a": "open", "i-c": MERGED}
    merged = two if two.state == MERGED else one
    assert (merged.merged, merged.reason) == ("i-a", "belongs to i-a")


async def test_what_has_long_been_over_is_forgotten_and_what_is_open_is_not(store: ClickHouseStore) -> None:
    correlator = Correlator(store, Settings())
    a, b = made("a", "m", 0), made("b", "n", 0)
    await told(store, correlator, a, b)
    await told(store, correlator, moved(a, RESOLVED, 10))
    await told(store, correlator, made("c", "o", 3 * 1440))
    assert set(correlator.members) == {"b", "c"}
    later = Correlator(store, Settings())
    await later.feed([])
    assert set(later.members) == {"b", "c"}
