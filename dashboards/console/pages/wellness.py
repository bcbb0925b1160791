"""Is Mirqab itself well? Each check has a verdict word and, where it is not well, what to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dashboards.console.pictures import line
from dashboards.console.view import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, View
from dashboards.console.words import count, duration
from dashboards.grafana.record import fingerprint
from monitors.blind import CHECKS, grafana_stale
from monitors.purse import ATTACKED
from schemas.alerts import CONFIRMED, JOINED, TOLD, WITHDRAWN

PATH = "/wellness"
TITLE = "Is Mirqab itself well?"
STALE_NS = 5 * MINUTE_NS
ROUND_NS = 6 * HOUR_NS
SLOW_NS = 2 * SECOND_NS
MONTH_WEEKS = 30 / 7
SURE_FALSE = 3  # times what is budgeted, beyond which more than one withdrawn notice is no chance


class Check(NamedTuple):
    """One verdict: `word` is well, look or trouble."""

    name: str
    word: str
    finding: str
    advice: str = ""


async def gather(view: View) -> dict[str, Any]:
    started = time.monotonic_ns()
    await view.ask("alive")
    answer_ns = time.monotonic_ns() - started
    day = view.back(DAY_NS)
    partitions, closes, metrics, seen, traffic, late, rejects, rates, pushes, rounds, notices = await asyncio.gather(
        view.ask("partitions", from_ns=day),
        view.ask("closes_newest"),
        view.ask("readings_by_metric", from_ns=view.back(HOUR_NS)),
        view.ask("models_seen", from_ns=view.back(7 * DAY_NS), model=""),
        view.ask("traffic", from_ns=view.back(HOUR_NS), model=""),
        view.ask("late_by_model", from_ns=day, until_ns=view.now_ns, model=""),
        view.ask("rejects_by_reason", from_ns=day),
        view.ask("error_rates_newest"),
        view.ask("grafana_pushed"),
        view.ask("rounds_last"),
        view.ask("notices_counts", from_ns=view.back(30 * DAY_NS)),
    )
    sums = {key: sum(row[key] for row in partitions) for key in ("events", "future", "late", "unknown_keys")}
    sums["rejects"] = sum(row["records"] for row in rejects)
    by_metric = {row["metric"]: row for row in metrics}
    rules = [_rule(rule.id, rule.title, rule.metric, by_metric) for rule in view.rules.values()]
    checks = [
        store_check(answer_ns),
        worker_check(max((row["newest_ns"] for row in partitions), default=0), view.now_ns),
        judge_check(view, closes),
        lag_check(partitions, view.now_ns),
        loss_check(sums),
        late_check(sums),
        rules_check(rules),
        rates_check(view, rates),
        early_check(view, {row["early"]: row["notices"] for row in notices}),
        grafana_check(pushes, view.wall_ns),
        *rounds_checks(view, {row["name"]: row for row in rounds}),
    ]
    return {
        "checks": checks,
        "partitions": [{**row, "lag_ns": max(0, view.now_ns - row["watermark_ns"])} for row in partitions],
        "closes": closes,
        "models": sorted(seen, key=lambda row: row["last_ns"]),
        "rules": rules,
        "sums": sums,
        "rates": rates,
        "late": late,
        "throughput": _throughput(traffic, view),
    }


def store_check(answer_ns: int) -> Check:
    said = f"answered in {max(1, answer_ns // 1_000_000)} ms"
    if answer_ns > SLOW_NS:
        return Check("Store", "look", said, "The store is busy: look at its load, its disk and at long queries.")
    return Check("Store", "well", said)


def worker_check(newest_ns: int, now_ns: int) -> Check:
    """Whether records are being read: the age of the newest block."""
    if not newest_ns:
        return Check("Worker", "look", "has not read any record yet", "Start `mirqab worker`, or send some events.")
    age = now_ns - newest_ns
    if age > STALE_NS:
        text = f"newest block is {duration(age)} old"
        return Check("Worker", "look", text, "Nothing new is read. If models are being asked, restart `mirqab worker`.")
    return Check("Worker", "well", f"newest block is {duration(age)} old")


def judge_check(view: View, closes: Sequence[Mapping[str, Any]]) -> Check:
    """Whether minutes are being closed: the age of the newest close."""
    if not closes:
        return Check("Judge", "look", "has not closed a minute yet", "A minute closes once every partition is past it.")
    newest = max(row["minute_ns"] for row in closes) + MINUTE_NS
    wait = STALE_NS + view.settings.line.lateness_seconds * SECOND_NS
    age = view.now_ns - newest
    finding = f"last judged minute ended {duration(age)} ago"
    if age > wait:
        return Check("Judge", "trouble", finding, "Look for a partition that holds minutes open, below; then the log.")
    return Check("Judge", "well", finding)


def lag_check(partitions: Sequence[Mapping[str, Any]], now_ns: int) -> Check:
    """How far event time is behind, in the partition that is furthest behind."""
    if not partitions:
        return Check("Delay", "well", "no partition has been read yet")
    worst = max(partitions, key=lambda row: now_ns - row["watermark_ns"])
    lag = max(0, now_ns - worst["watermark_ns"])
    finding = f"furthest behind: {worst['topic']} partition {worst['partition']}, {duration(lag)}"
    if lag > STALE_NS:
        return Check("Delay", "look", finding, "Either nobody writes to it or the worker cannot keep up: add a worker.")
    return Check("Delay", "well", finding)


def loss_check(sums: Mapping[str, int]) -> Check:
    """Records that could not be read, against those that could."""
    rejects, events = sums["rejects"], sums["events"]
    finding = f"{count(rejects)} of {count(rejects + events)} records rejected in 24 h"
    if rejects > max(10, 0.01 * events):
        return Check("Rejects", "trouble", finding, "See the Rejects page: a producer may have changed its format.")
    return Check("Rejects", "look" if rejects else "well", finding, "See the Rejects page." if rejects else "")


def late_check(sums: Mapping[str, int]) -> Check:
    """Events that came too late to be judged, or from the future."""
    late, future, events = sums["late"], sums["future"], max(1, sums["events"])
    finding = f"{count(late)} late and {count(future)} ahead of the clock in 24 h"
    if late + future > 0.01 * events:
        advice = "They are stored but not judged. Check the producers' clocks, or raise line.lateness_seconds."
        return Check("Time", "look", finding, advice)
    return Check("Time", "well", finding)


def rules_check(rules: Sequence[Mapping[str, Any]]) -> Check:
    """Rules whose metric gave no reading in the last hour are blind."""
    blind = [rule for rule in rules if rule["word"] == "no readings"]
    if not rules:
        return Check("Rules", "look", "no rules are loaded", "Name a folder of rules in judge.rules.")
    finding = f"{len(rules) - len(blind)} of {len(rules)} rules had readings in the last hour"
    if blind:
        return Check("Rules", "look", finding, "Rules without readings see nothing; the table below names them.")
    return Check("Rules", "well", finding)


def rates_check(view: View, rates: Sequence[Mapping[str, Any]]) -> Check:
    """False alarms as measured by `mirqab rates`, beside what was promised."""
    name, judge = "False alarms", view.settings.judge
    promise = f"promised: {judge.false_tickets_per_week:g} ticket a week, {judge.false_pages_per_month:g} page a month"
    if not rates:
        return Check(name, "look", f"not measured yet; {promise}", "Run `mirqab rates` once a week, from cron say.")
    tickets = sum(row["tickets"] / row["weeks"] for row in rates)
    pages = sum(row["pages"] / row["weeks"] for row in rates) * MONTH_WEEKS
    age = view.now_ns - max(row["at_ns"] for row in rates)
    finding = f"measured {duration(age)} ago: {tickets:.2f} false tickets a week, {pages:.2f} false pages a month; "
    if tickets > judge.false_tickets_per_week or pages > judge.false_pages_per_month:
        advice = "More than promised: confirm what was real, and see which rule it is with `mirqab backtest`."
        return Check(name, "trouble", finding + promise, advice)
    if age > 14 * DAY_NS:
        return Check(name, "look", finding + promise, "Run `mirqab rates` again: it is more than two weeks old.")
    return Check(name, "well", finding + promise)


def early_check(view: View, notices: Mapping[str, int]) -> Check:
    """Attacks told before their minute closed: how many of a month did not hold, beside what is budgeted for them."""
    name, judge = "Told early", view.settings.judge
    if not judge.early_share:
        return Check(name, "well", "attacks are told when their minute closes: judge.early_share is 0")
    promise = judge.early_share * ATTACKED * judge.false_tickets_per_week * MONTH_WEEKS
    held, withdrawn = notices.get(CONFIRMED, 0) + notices.get(JOINED, 0), notices.get(WITHDRAWN, 0)
    waiting = f", {notices[TOLD]} not closed yet" if TOLD in notices else ""
    finding = f"in 30 days {held} held, {withdrawn} withdrawn{waiting}; budgeted: {promise:.2f} false ones"
    if withdrawn > 1 and withdrawn > SURE_FALSE * promise:
        return Check(name, "look", finding, "Read why on their pages; a smaller judge.early_share tells fewer.")
    return Check(name, "well", finding)


def grafana_check(pushes: Sequence[Mapping[str, Any]], now_ns: int) -> Check:
    """Whether every Grafana that was pushed to has what this version ships."""
    if not pushes:
        return Check("Grafana", "well", "nothing was pushed to a Grafana")
    why = grafana_stale({row["address"]: row["value"] for row in pushes}, fingerprint())
    last = max(pushes, key=lambda row: row["newest_ns"])
    ago = duration(max(0, now_ns - last["newest_ns"]))
    finding = f"last pushed {ago} ago to {last['address']} by {last['by']}: {last['said']}"
    if why:
        return Check("Grafana", "look", f"{why}; {finding}", CHECKS["grafana_stale"].first_step)
    return Check("Grafana", "well", finding)


def rounds_checks(view: View, rounds: Mapping[str, Mapping[str, Any]]) -> list[Check]:
    """Whether reports and drills are made by themselves, where settings want them, and how the last round ended."""
    return [round_check(name, rounds.get(name), view.now_ns) for name in view.settings.rounds]


def round_check(name: str, row: Mapping[str, Any] | None, now_ns: int) -> Check:
    """One of them; a round is due every hour, and takes longer only while it works."""
    command = {"reports": "mirqab report schedule", "drills": "mirqab drill --schedule"}[name]
    advice = f"`mirqab up` makes them by itself; in a deployment {command} does: does it run?"
    if row is None:
        return Check(name.capitalize(), "look", "no round has ended yet", advice)
    ago = duration(max(0, now_ns - row["at_ns"]))
    if row["trouble"]:
        return Check(
            name.capitalize(), "trouble", f"last round, {ago} ago: {row['trouble']}", CHECKS["round_failed"].first_step
        )
    if now_ns - row["at_ns"] > ROUND_NS:
        return Check(name.capitalize(), "look", f"last round ended {ago} ago", advice)
    return Check(name.capitalize(), "well", f"last round ended {ago} ago")


def _rule(id: str, title: str, metric: str, by_metric: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    row = by_metric.get(metric)
    readings, with_value = (row["readings"], row["with_value"]) if row else (0, 0)
    word = "well" if with_value else "not enough data" if readings else "no readings"
    last_ns = row["last_ns"] if row else 0
    return {
        "id": id,
        "title": title,
        "metric": metric,
        "readings": readings,
        "with_value": with_value,
        "last_ns": last_ns,
        "word": word,
    }


def _throughput(rows: Sequence[Mapping[str, Any]], view: View) -> Any:
    totals: dict[int, int] = {}
    for row in rows:
        for at, events in zip(row["minutes"], row["events"], strict=True):
            totals[at] = totals.get(at, 0) + events
    if not totals:
        return None
    points = [(at, float(totals.get(at, 0))) for at in range(min(totals), max(totals) + 1, MINUTE_NS)]
    return line(points, view.back(HOUR_NS), view.now_ns)
