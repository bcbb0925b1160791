"""How many false alarms there are where nothing happens, against how many were promised; and what that costs in power.

Real rows (scikit-learn's breast cancer and wine measurements, and what a model trained on them answers) are drawn anew
for every event, so that the truth is known: nothing changes. Streams:
 independent     rows drawn at random;
 autocorrelated  the level of a hidden class follows an AR(1) process over minutes (0.95);
 seasonal        traffic and the mix of classes follow the hour, and weekends (Friday, Saturday) differ;
 clients         every principal has a mix of its own, and some send batches at night.
One event in ten is labelled at once with its class, so that the model is sometimes wrong. Each stream is judged by the
shipped rules at several knobs; `--models` share one budget, each with a stream of its own. The last lines shift
features by known sizes and time the answer, in the whole of that budget.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import chi2
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors.judge import Judge
from monitors.observe import Bounds, observe
from monitors.prepared import Prepared
from schemas.alerts import PAGE, Alert
from schemas.baselines import Baseline
from schemas.events import MINUTE_NS, EventBatch, Floats, Ints, Layout, Source
from schemas.rules import load_rules
from schemas.settings import Settings
from schemas.summaries import Summary, SummaryKey

ROOT = Path(__file__).resolve().parents[2]
RULES = load_rules(ROOT / "monitors" / "rules")
MONDAY = 1_749_427_200
BOUNDS = Bounds(256, 64, 60 * 10**9)
LABELLED = 0.1  # of the events
SOURCE = Source("rates", "rates", 0)
DAY = 1440


@dataclass(frozen=True)
class World:
    """Rows of two classes, and what a model says of each."""

    x: tuple[Floats, Floats]
    score: tuple[Floats, Floats]
    names: tuple[str, ...]

    @staticmethod
    def load(features: int) -> World:
        x, y = load_breast_cancer(return_X_y=True)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)).fit(x[::2], y[::2])
        score = model.predict_proba(x)[:, 1]
        x = np.tile(x, 2)[:, :features]
        return World((x[y == 0], x[y == 1]), (score[y == 0], score[y == 1]), tuple(f"f{i:02}" for i in range(features)))


Minute = Callable[[int, np.random.Generator], tuple[int, float]]  # minute -> events, share of class 1


def independent(minute: int, rng: np.random.Generator) -> tuple[int, float]:
    return rng.poisson(60), 0.6


class Autocorrelated:
    """The share of a class wanders."""

    def __init__(self) -> None:
        self.level = 0.0

    def __call__(self, minute: int, rng: np.random.Generator) -> tuple[int, float]:
        self.level = 0.95 * self.level + 0.31 * rng.normal()
        return rng.poisson(60), float(1 / (1 + np.exp(-0.4 - 0.5 * self.level)))


def seasonal(minute: int, rng: np.random.Generator) -> tuple[int, float]:
    hour, day = minute / 60 % 24, minute // DAY % 7
    busy = (0.15 + 0.85 * max(0.0, np.sin((hour - 6) / 12 * np.pi))) * (0.4 if day in (4, 5) else 1.0)
    return rng.poisson(100 * busy), 0.5 + 0.15 * np.sin(hour / 12 * np.pi) + (0.1 if day in (4, 5) else 0.0)


def batch(
    world: World, model: str, minute: int, rng: np.random.Generator, drawn: tuple[int, float], shift: float
) -> EventBatch:
    """One minute of so many events, a share of class 1; `shift` moves the first feature by its standard deviations."""
    events, share = drawn
    which = (rng.random(events) < share).astype(int)
    x, score = np.empty((events, len(world.names))), np.empty(events)
    for c in (0, 1):
        rows = rng.integers(len(world.x[c]), size=int((which == c).sum()))
        x[which == c], score[which == c] = world.x[c][rows], world.score[c][rows]
    x[:, 0] += shift * np.concatenate(world.x)[:, 0].std()
    return columns(world, model, minute, rng, x, score, which, [f"c{k}" for k in rng.zipf(1.5, events) % 30])


def columns(
    world: World,
    model: str,
    minute: int,
    rng: np.random.Generator,
    x: Floats,
    score: Floats,
    which: Ints,
    who: list[str],
) -> EventBatch:
    n = len(x)
    known = rng.random(n) < LABELLED
    label = [str(c) if k else "" for c, k in zip(which.tolist(), known.tolist(), strict=True)]
    ts = (MONDAY * 10**9 + minute * MINUTE_NS) + np.sort(rng.integers(0, MINUTE_NS, n))
    nothing = [""] * n
    layout = Layout(world.names, (), np.arange(n), x, ())
    return EventBatch(
        source=SOURCE, offset=np.arange(n) + minute * 100_000, ts_ns=ts, model=[model] * n, version=nothing,
        artifact_hash=nothing, principal=who, id=nothing, session=nothing, segment=nothing, status=nothing,
        source_ip=nothing,
        prediction=[str(int(s > 0.5)) for s in score.tolist()], score=score, scores=[None] * n,
        latency_ms=rng.lognormal(3, 0.4, n), tokens_in=np.full(n, np.nan), tokens_out=np.full(n, np.nan),
        failed=rng.random(n) < 0.01, future=np.zeros(n, bool), label=label,
        label_source=["desk"] * n, served_ts_ns=np.zeros(n, np.int64), prompt=[None] * n, response=[None] * n,
        layouts=[layout] if n else [], rejects=[],
    )  # fmt: skip


def clients(world: World, model: str, minute: int, rng: np.random.Generator, shift: float) -> EventBatch:
    """Thirty principals with mixes of their own; three send batches at night, one each."""
    parts_x, parts_s, parts_c, who = [], [], [], []
    for c in range(33):
        batch_job = c >= 30
        if batch_job and not (minute % DAY // 60 == c - 28 and minute // DAY % 3 == c % 3):
            continue
        events = rng.poisson(80 if batch_job else 40 / (c + 1.0) ** 0.7)
        share = 0.35 + 0.5 * ((c * 37) % 33) / 33
        which = (rng.random(events) < share).astype(int)
        for k in (0, 1):
            rows = rng.integers(len(world.x[k]), size=int((which == k).sum()))
            parts_x.append(world.x[k][rows])
            parts_s.append(world.score[k][rows])
            parts_c.append(np.full(len(rows), k))
            who += [f"c{c}"] * len(rows)
    x = np.concatenate(parts_x)
    x[:, 0] += shift * np.concatenate(world.x)[:, 0].std()
    return columns(world, model, minute, rng, x, np.concatenate(parts_s), np.concatenate(parts_c), who)


def stream(
    kind: str, world: World, seed: int | list[int], shift_at: int | None, shift: float, model: str = "m"
) -> Iterator[tuple[int, EventBatch]]:
    rng = np.random.default_rng(seed)
    kinds: dict[str, Minute] = {"autocorrelated": Autocorrelated(), "seasonal": seasonal}
    drawn = kinds.get(kind, independent)
    minute = 0
    while True:
        size = shift if shift_at is not None and minute >= shift_at else 0.0
        if kind == "clients":
            yield minute, clients(world, model, minute, rng, size)
        else:
            yield minute, batch(world, model, minute, rng, drawn(minute, rng), size)
        minute += 1


class Line:
    """Events of a minute to alerts, no broker: observe and judge as the worker calls them.

    Several settings are judged side by side, each by a judge of its own. They must learn the same baselines.
    """

    def __init__(self, *settings: Settings) -> None:
        self.judges = [Judge(each, RULES) for each in settings]
        self.prepared: dict[str, Prepared] = {}
        self.last: list[dict[str, Alert]] = [{} for _ in settings]

    def minute(self, minute: int, *batches: EventBatch) -> None:
        """One minute; one batch a model."""
        seen: dict[SummaryKey, Summary] = {}
        for events in batches:
            block: Ints = np.zeros(len(events), dtype=np.int64)
            said = observe(events, block, 1, 0, lambda model, version, number: self.prepared.get(model), BOUNDS)
            seen |= said.on_time[0]
        for judge, last in zip(self.judges, self.last, strict=True):
            outcome = judge.close(MONDAY * 10**9 + minute * MINUTE_NS, seen)
            for baseline in outcome.baselines:
                self.know(baseline)
            last.update((alert.id, alert) for alert in outcome.alerts)

    def know(self, baseline: Baseline) -> None:
        self.prepared[baseline.model] = prepared = Prepared(baseline)
        for judge in self.judges:
            judge.know(prepared)

    def opened(self, level: str | None = None, since: int = 0, which: int = 0) -> list[Alert]:
        after = MONDAY * 10**9 + since * MINUTE_NS
        found = [a for a in self.last[which].values() if a.opened_ns is not None and a.opened_ns >= after]
        return [a for a in found if level in (None, a.level)]


def settings(pages_per_month: float, models: int = 1) -> Settings:
    one = Settings().replace("kafka", partitions=1)
    return one.replace(
        "judge", model_slots=models, false_pages_per_month=pages_per_month, false_tickets_per_week=pages_per_month
    )


def quiet(
    kind: str, models: int, features: int, knobs: list[float], days: int, seeds: int, seconds: float
) -> Iterator[str]:
    """One line per knob. Which rules told what was false follows, so that a broken promise has a name.

    Stops early after so many seconds; the promise is then that of the time that was judged.
    """
    deadline, judged = time.monotonic() + seconds, 0
    tickets, pages, names = [0] * len(knobs), [0] * len(knobs), [Counter[str]() for _ in knobs]
    for seed in range(seeds):
        line, world = Line(*(settings(knob, models) for knob in knobs)), World.load(features)
        streams = [stream(kind, world, [seed, i], None, 0.0, f"m{i}") for i in range(models)]
        for told in zip(*streams, strict=True):
            minute = told[0][0]
            if minute >= days * DAY or time.monotonic() > deadline:
                break
            line.minute(minute, *(events for _, events in told))
            judged += 1
        for k in range(len(knobs)):
            tickets[k] += len(line.opened(which=k))
            pages[k] += len(line.opened(PAGE, which=k))
            names[k].update(alert.rule for alert in line.opened(which=k))
    weeks, months = judged / DAY / 7, judged / DAY / 30
    for k, knob in enumerate(knobs):
        low, high = interval(tickets[k])
        yield (
            f"{kind:15} {models:3} models {features:3} features  knob {knob:6,.0f}  {weeks:4.1f} weeks  "
            f"tickets {tickets[k]:3} [{low:.1f}, {high:.1f}] of {knob * weeks:8.1f} promised  "
            f"pages {pages[k]:3} [{', '.join(f'{end:.1f}' for end in interval(pages[k]))}] of {knob * months:7.1f}  "
            f"{dict(names[k].most_common(4))}"
        )


def interval(count: int) -> tuple[float, float]:
    """Exact 95 % interval of a Poisson mean of which so many were seen (F. Garwood, Biometrika 1936)."""
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    return float(low), float(chi2.ppf(0.975, 2 * (count + 1)) / 2)


def power(kind: str, shift: float, seeds: int, quiet_days: int) -> str:
    waits: list[float] = []
    for seed in range(seeds):
        line, start = Line(settings(1.0)), quiet_days * DAY + 600
        for minute, events in stream(kind, World.load(10), 100 + seed, start, shift):
            line.minute(minute, events)
            told = [a for a in line.opened(since=start) if a.rule == "feature_drift"]
            if told or minute > start + DAY:
                waits.append((told[0].opened_ns or 0) / 6e10 - MONDAY / 60 - start if told else np.inf)
                break
    missed = sum(np.isinf(waits))
    found = f"found {seeds - missed} of {seeds}, median after {np.median(waits):.0f} minutes"
    return f"{kind:15} shift {shift:4.2f} sigma of one feature  {found}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=1, help="that share the budget, in streams without change")
    parser.add_argument("--features", type=int, default=10, help="of every model, in streams without change")
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--knobs", type=float, nargs="+", default=[1.0, 100.0])
    parser.add_argument("--kinds", nargs="+", default=["independent", "autocorrelated", "seasonal", "clients"])
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most, for each stream without change")
    parser.add_argument("--no-power", action="store_true")
    args = parser.parse_args()
    began = time.monotonic()
    for kind in args.kinds:
        for text in quiet(kind, args.models, args.features, args.knobs, args.days, args.seeds, args.seconds):
            print(text, flush=True)
    if not args.no_power:
        for kind in args.kinds:
            for shift in (0.25, 0.5, 1.0):
                print(power(kind, shift, max(3, args.seeds), 2), flush=True)
    print(f"{time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
