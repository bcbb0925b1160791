"""When Mirqab itself sees too little, or models are not what they are registered as: thresholds, on counts taken
elsewhere. Pure.

Silent models and principals are ordinary rules (`model_silent`, `principal_silent`). When these do not work: a source
that was broken from its first day has no better past to be compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from schemas.actions import FAILED

REJECTS, REJECTED_SHARE, TIMES = 20, 0.01, 5.0
MODEL = "(mirqab)"  # of what is no model's, but Mirqab's own trouble
SHOWN = 80  # characters of a hash that are told
HOURS = 21  # a metric that gave readings in fewer hours of the day before is quiet at times by itself


class Check(NamedTuple):
    """What a blindness alarm is and what to do first."""

    title: str
    level: str
    first_step: str
    family: str = "blindness"


CHECKS = {
    "store_away": Check(
        "The store does not answer", "page", "Look at ClickHouse: is it up, is its disk full, do inserts fail?"
    ),
    "stuck_partition": Check(
        "Records wait and nobody reads them", "page", "Does mirqab worker run? Its log says why it stands still."
    ),
    "rejects_rising": Check(
        "Many records cannot be read", "ticket", "See the Rejects page: a producer may have changed its format."
    ),
    "grafana_stale": Check(
        "Grafana is out of date",
        "ticket",
        "Run mirqab grafana diff, then push, and see what it says.",
    ),
    "readings_gone": Check(
        "A metric gives no readings any more", "ticket", "See the Coverage page: its input may be missing from the log."
    ),
    "drill_lost": Check(
        "A monitor no longer sees what drills saw",
        "ticket",
        "See the Drills page: which rule saw it? Was it changed, or its baseline, or does its input no longer come?",
    ),
    "report_unmailed": Check(
        "A weekly report does not reach its owner",
        "ticket",
        "See why below; then change the address or the mail server, and send it with mirqab report weekly --mail.",
    ),
    "round_failed": Check(
        "Reports or drills that run by themselves failed",
        "ticket",
        "See the log of the process that makes them (mirqab up, report schedule, drill --schedule).",
    ),
    "model_unregistered": Check(
        "A model answers that nobody registered",
        "ticket",
        "Ask who runs it; then name its owner under [models] in the settings, or have it stopped.",
    ),
    "artifact_changed": Check(
        "A model's file changed, and its version did not",
        "ticket",
        "Ask its owner what was released. If nobody did, take the model out: its file may have been exchanged.",
        "fault",
    ),
}


def rejects_rising(now: tuple[int, int], before: tuple[int, int]) -> str:
    """Why too much is rejected, "" if not. Each pair is (rejects, records), now and in the day before.

    >>> rejects_rising((50, 1000), (1, 9000))
    '50 of 1,000 records were rejected, 5.00 %; the day before 0.01 %'
    >>> rejects_rising((50, 1000), (400, 9000))
    ''
    """
    share = now[0] / max(1, now[1])
    usual = before[0] / max(1, before[1])
    if now[0] < REJECTS or share < REJECTED_SHARE or share < TIMES * usual:
        return ""
    return f"{now[0]:,} of {now[1]:,} records were rejected, {share:.2%}; the day before {usual:.2%}".replace("%", " %")


def readings_gone(last: Mapping[str, int], before: Mapping[str, int]) -> list[str]:
    """Metrics that gave readings all day and none in the last hour, though others did.

    `last` are readings of the last hour, `before` hours of the day before it in which there was one, both by metric.
    One that rests at night is not missed.

    >>> readings_gone({"a": 9}, {"a": 23, "b": 23, "c": 12})
    ['b']
    """
    if not any(last.values()):
        return []
    return sorted(metric for metric, count in before.items() if count >= HOURS and not last.get(metric))


class Finding(NamedTuple):
    """One trouble: which of CHECKS, why, and about what.

    `event` is 0 for a state, which is over when it is found no more. Else it is something that happened for the
    `event`th time to the subject: it stays until a person has judged it.
    """

    rule: str
    why: str
    model: str = MODEL
    subject: str = ""
    event: int = 0


def unregistered(models: Mapping[str, int], patterns: Iterable[str]) -> list[Finding]:
    """Models that answered (with how many events) and fit no pattern; none where there are no patterns at all.

    >>> [found.model for found in unregistered({"card-1": 9, "bot": 5}, ["card-*"])], unregistered({"bot": 5}, [])
    (['bot'], [])
    """
    known = list(patterns)
    strange = [model for model in sorted(models) if known and not any(fnmatchcase(model, one) for one in known)]
    return [Finding("model_unregistered", f"{model} fits no pattern of [models]", model, model) for model in strange]


def exchanged(files: Iterable[tuple[str, str, str]]) -> list[Finding]:
    """Versions loaded from more than one file. `files` are (model, version, hash), those met first first.

    A return to a file that was met before is no news.

    >>> exchanged([("m", "1", "aa"), ("m", "2", "cc"), ("m", "1", "bb")])[0].why
    'm 1 was loaded from aa, then from bb'
    """
    met: dict[tuple[str, str], list[str]] = {}
    for model, version, file in files:
        met.setdefault((model, version), []).append(file[:SHOWN])
    found = []
    for (model, version), hashes in sorted(met.items()):
        if len(hashes) > 1:
            why = f"{f'{model} {version}'.strip()} was loaded from {hashes[-2]}, then from {hashes[-1]}"
            found.append(Finding("artifact_changed", why, model, f"{model}\x1f{version}", len(hashes) - 1))
    return found


def drills_lost(lost: Iterable[tuple[str, str, Sequence[str], Sequence[str]]]) -> list[Finding]:
    """What drills see no more: (model, kind, strengths that were lost, rules that saw them last).

    >>> drills_lost([("cards", "silence", ["strong"], ["model_silent"])])[0].why
    'cards: strong silence, which model_silent saw'
    """
    return [
        Finding(
            "drill_lost",
            f"{model}: {' and '.join(strengths)} {kind}, which {', '.join(rules)} saw",
            model,
            f"{model}\x1f{kind}",
        )
        for model, kind, strengths, rules in lost
    ]


def unmailed(newest: Iterable[tuple[str, str, str]]) -> list[Finding]:
    """Reports that no mail server takes: (model, week, the last answer) of those that wait long, or were given up."""
    return [
        Finding("report_unmailed", f"{model}, week {week}: {answer}", model, model) for model, week, answer in newest
    ]


def rounds_failed(rounds: Iterable[tuple[str, str]]) -> list[Finding]:
    """Rounds of work that ended with trouble: (name, what went wrong, "" where nothing did).

    >>> [(found.why, found.subject) for found in rounds_failed([("drills", ""), ("reports", "no memory")])]
    [('reports: no memory', 'reports')]
    """
    return [Finding("round_failed", f"{name}: {why}", subject=name) for name, why in rounds if why]


def grafana_stale(pushes: Mapping[str, str], shipped: str) -> str:
    """Why a Grafana is out of date, "" if none is: `pushes` is address -> value of its newest act `push`.

    >>> grafana_stale({"http://g": "done 0.1.0 ab12", "http://h": "done 0.2.0 cd34"}, "cd34")
    'http://g has what Mirqab 0.1.0 shipped'
    >>> grafana_stale({"http://g": "failed 0.2.0 cd34"}, "cd34")
    'the last push to http://g failed'
    """
    found = []
    for address, value in sorted(pushes.items()):
        outcome, version, digest = value.split(" ")
        if outcome == FAILED:
            found.append(f"the last push to {address} failed")
        elif digest != shipped:
            found.append(f"{address} has what Mirqab {version} shipped")
    return "; ".join(found)


class Standing:
    """Partitions whose records nobody reads: a lag that stays while the committed offset does not move."""

    def __init__(self, patience_ns: int) -> None:
        self.patience_ns = patience_ns
        self.since: dict[tuple[str, int], tuple[int, int]] = {}

    def look(self, ends: Mapping[tuple[str, int], tuple[int, int]], now_ns: int) -> list[str]:
        """`ends` is (committed, end) by partition; returns those that stand, as topic/partition and how many wait."""
        found = []
        for partition, (committed, end) in sorted(ends.items()):
            at, since = self.since.get(partition, (committed, now_ns))
            if committed != at or end <= committed:
                since = now_ns
            self.since[partition] = committed, since
            if now_ns - since >= self.patience_ns:
                found.append(f"{partition[0]}/{partition[1]}: {end - committed:,} records")
        return found
