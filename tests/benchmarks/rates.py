"""How many false alarms there are where nothing happens, against how many were promised; and what that costs in power.

Each of four streams of `tests.support.healthy_streams` is judged by the shipped rules at several knobs side by side, as
many days as the seconds allow. A knob is the number of false pages a month and of false tickets a week that a team
allows; `--models` share it. Drift wakes nobody before a week of a model is known, so pages are also counted from then.
One event in ten is labelled at once with its class (`--labelled`), so that the model is sometimes wrong.

`--power` shifts one feature by known sizes and times the answer, for a model that has the whole budget and for one of a
hundred. Lines of JSON go to stdout, so that parts made by several runs can be read together by `--merge FILE…`.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
from scipy.stats import chi2

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors.judge import Judge
from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from schemas.alerts import PAGE, Alert
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS, EventBatch, Ints
from schemas.rules import load_rules
from schemas.settings import Settings
from schemas.summaries import Summary, SummaryKey
from tests.support.healthy_streams import DAY, KINDS, MONDAY, Healthy

ROOT = Path(__file__).resolve().parents[2]
RULES = load_rules(ROOT / "monitors" / "rules")
BOUNDS = Bounds(256, 64, 60 * 10**9)
STEP = 120  # minutes between two lines about a run


class Line:
    """Events of a minute to alerts, no broker: observe and judge as the worker calls them.

    Several settings are judged side by side, each by a judge of its own. They must learn the same baselines.
    """

    def __init__(self, *settings: Settings) -> None:
        self.judges = [Judge(each, RULES) for each in settings]
        self.prepared: dict[str, Prepared] = {}
        self.last: list[dict[str, Alert]] = [{} for _ in settings]

    def minute(self, minute: int, events: EventBatch) -> None:
        block: Ints = np.zeros(len(events), dtype=np.int64)
        said = observe(events, block, 1, 0, lambda model, version, number: self.prepared.get(model), BOUNDS)
        self.judge(MONDAY * 10**9 + minute * MINUTE_NS, said.on_time[0])

    def judge(self, minute_ns: int, summaries: Mapping[SummaryKey, Summary]) -> None:
        for judge, last in zip(self.judges, self.last, strict=True):
            outcome = judge.close(minute_ns, summaries)
            for baseline in outcome.baselines:
                self.know(baseline)
            last.update((alert.id, alert) for alert in outcome.alerts)

    def know(self, baseline: Baseline) -> None:
        self.prepared[baseline.model] = prepared = Prepared(baseline)
        for judge in self.judges:
            judge.know(prepared)

    def opened(self, which: int = 0, since: int = 0) -> list[Alert]:
        """Alerts that became tickets or pages from minute `since` on."""
        after = MONDAY * 10**9 + since * MINUTE_NS
        return [a for a in self.last[which].values() if a.opened_ns is not None and a.opened_ns >= after]


def settings(knob: float, models: int = 1) -> Settings:
    one = Settings().replace("kafka", partitions=1)
    return one.replace("judge", model_slots=models, false_pages_per_month=knob, false_tickets_per_week=knob)


class Part(msgspec.Struct, tag="quiet"):
    """A run without change at one knob, as far as it went; the first week and what came after it apart."""

    kind: str
    models: int
    features: int
    labelled: float
    seed: int
    knob: float
    minutes: list[int]  # in the first week, after it
    tickets: list[int]
    pages: list[int]
    rules: dict[str, int]  # tickets by rule


def quiet(
    kind: str, models: int, features: int, labelled: float, knobs: list[float], days: int, seed: int, seconds: float
) -> Iterator[Part]:
    """One part per knob after every two hours. May stop early: what is promised then is that of the time judged."""
    deadline = time.monotonic() + seconds
    line, healthy = Line(*(settings(knob, models) for knob in knobs)), Healthy(kind, features, [seed], models, labelled)
    for minute in range(days * DAY):
        over = time.monotonic() > deadline
        if minute and (over or minute % STEP == 0):
            yield from parts(line, (kind, models, features, labelled, seed), knobs, minute)
        if over:
            return
        line.minute(minute, healthy.minute(minute))
    yield from parts(line, (kind, models, features, labelled, seed), knobs, days * DAY)


def parts(line: Line, stream: tuple[str, int, int, float, int], knobs: Sequence[float], minute: int) -> Iterator[Part]:
    """One part per knob, of all minutes so far. `stream`: kind, models, features, share of labels, seed."""
    minutes = [min(minute, 7 * DAY), max(0, minute - 7 * DAY)]
    for k, knob in enumerate(knobs):
        found, late = line.opened(k), line.opened(k, 7 * DAY)
        pages, late_pages = (sum(alert.level == PAGE for alert in some) for some in (found, late))
        rules = dict(Counter(alert.rule for alert in found))
        tickets = [len(found) - len(late), len(late)]
        yield Part(*stream, knob, minutes, tickets, [pages - late_pages, late_pages], rules)


class Answer(msgspec.Struct, tag="shift"):
    """How long after a shift of `sigma` a rule about features opened a ticket, minutes; None: not within a day."""

    kind: str
    sigma: float
    models: int
    knob: float
    waited: int | None


def power(
    kind: str, knob: float, labelled: float, seed: int, quiet_days: int, sigmas: Sequence[float]
) -> Iterator[Answer]:
    """One quiet past, then from its end on one future for each size, judged alone and as one of a hundred models."""
    slots, start = (1, 100), quiet_days * DAY + 600
    past, healthy = Line(*(settings(knob, models) for models in slots)), Healthy(kind, 10, [100, seed], 1, labelled)
    for minute in range(start):
        past.minute(minute, healthy.minute(minute))
    for sigma in sigmas:
        line, future = copy.deepcopy(past), copy.deepcopy(healthy)
        told: dict[int, int] = {}
        for minute in range(start, start + DAY):
            line.minute(minute, future.minute(minute, sigma))
            for which, models in enumerate(slots):
                if models not in told and any(a.rule.startswith("feature") for a in line.opened(which, start)):
                    told[models] = minute + 1 - start
            if len(told) == len(slots):
                break
        for models in slots:
            yield Answer(kind, sigma, models, knob, told.get(models))


def interval(count: int) -> tuple[float, float]:
    """Exact 95 % interval of a Poisson mean of which so many were seen (F. Garwood, Biometrika 1936)."""
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(low), float(chi2.ppf(0.975, 2 * (count + 1)) / 2)


def merged(parts: Iterable[Part]) -> Iterator[str]:
    """A row of a table for each setting, with all runs of it together, each as far as it went."""
    groups: dict[tuple[str, int, int, float, float], list[Part]] = defaultdict(list)
    for part in {(p.kind, p.models, p.features, p.labelled, p.seed, p.knob): p for p in parts}.values():
        groups[part.kind, part.models, part.features, part.labelled, part.knob].append(part)
    titles = "stream | models | features | labelled | weeks | knob | false tickets / promised | false pages / promised"
    yield f"| {titles} | pages after a week | rules |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    for (kind, models, features, labelled, knob), some in sorted(groups.items()):
        first, later = (sum(part.minutes[i] for part in some) / DAY / 7 for i in (0, 1))
        tickets, pages = (sum(sum(getattr(part, name)) for part in some) for name in ("tickets", "pages"))
        late_pages, rules = sum(part.pages[1] for part in some), Counter[str]()
        for part in some:
            rules.update(part.rules)
        weeks = first + later
        yield (
            f"| {kind} | {models} | {features} | {labelled:g} | {weeks:.1f} | {knob:,.0f} "
            f"| {cell(tickets, knob * weeks)} | {cell(pages, knob * weeks * 7 / 30)} "
            f"| {cell(late_pages, knob * later * 7 / 30)} | {dict(rules.most_common(4))} |"
        )


def cell(count: int, promised: float) -> str:
    low, high = interval(count)
    return f"{count} [{low:.1f}, {high:.1f}] / {promised:.{1 if promised < 100 else 0}f}"


def answered(answers: Iterable[Answer]) -> Iterator[str]:
    groups: dict[tuple[str, float, int, float], list[int | None]] = defaultdict(list)
    for one in answers:
        groups[one.kind, one.knob, one.models, one.sigma].append(one.waited)
    yield "| stream | knob | models | shift, standard deviations | found | minutes, median of those found |"
    yield "|---|---:|---:|---:|---:|---:|"
    for (kind, knob, models, sigma), waited in sorted(groups.items()):
        found = [each for each in waited if each is not None]
        after = f"{median(found):.0f}" if found else "–"
        yield f"| {kind} | {knob:g} | {models} | {sigma:g} | {len(found)} of {len(waited)} | {after} |"


def read(paths: Sequence[Path]) -> tuple[list[Part], list[Answer]]:
    """What runs printed; other lines are passed over."""
    decoder = msgspec.json.Decoder(Part | Answer)
    lines = [line for path in paths for line in path.read_text().splitlines() if line.startswith('{"type"')]
    found = [decoder.decode(line) for line in lines]
    return [one for one in found if isinstance(one, Part)], [one for one in found if isinstance(one, Answer)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=1, help="that share the budget, in streams without change")
    parser.add_argument("--features", type=int, default=10, help="of every model, in streams without change")
    parser.add_argument("--labelled", type=float, default=0.1, help="share of the events")
    parser.add_argument("--days", type=int, default=28, help="at most, of each seed")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--knobs", type=float, nargs="+", default=[1.0, 10.0, 100.0, 1000.0])
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most, for each stream and seed")
    parser.add_argument("--power", action="store_true", help="changes of known size instead, at the first knob")
    parser.add_argument("--quiet-days", type=int, default=2, help="before a change")
    parser.add_argument("--merge", type=Path, nargs="+", help="print the tables of what runs printed")
    args = parser.parse_args()
    if args.merge:
        parts, answers = read(args.merge)
        print("\n".join([*(merged(parts) if parts else ()), *(answered(answers) if answers else ())]))
        return 0
    for kind in args.kinds:
        for seed in args.seeds:
            found: Iterator[Part | Answer]
            if args.power:
                found = power(kind, args.knobs[0], args.labelled, seed, args.quiet_days, (0.25, 0.5, 1.0))
            else:
                knobs = args.knobs, args.days, seed, args.seconds
                found = quiet(kind, args.models, args.features, args.labelled, *knobs)
            for one in found:
                print(msgspec.json.encode(one).decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
