"""False alarms of many models that share one budget, over weeks in which nothing happens, against what was promised.

As `rates.py`, but the minutes' counts are drawn without their events (`tests.support.drawn_minutes`), so that a week of
200 models costs one core three to five minutes a knob. Every model has events of its own, a baseline learnt from 2,100
of them that lie all over the week before, and one minute of traffic in each pane: 300 events of every tenth model, 60
of two in ten, 20 of the others, whose panes wait until enough has come together. In every fifth model one event in
twenty is labelled.

Lines of JSON go to stdout, one a knob, after every two hours; `--merge FILE...` makes a table of the last ones.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from monitors.prepared import Prepared
from schemas.events import MINUTE_NS
from schemas.summaries import Summary, SummaryKey
from tests.benchmarks.rates import STEP, Line, Part, merged, parts, read, settings
from tests.support.drawn_minutes import Said, bank_of, baseline_of, draw
from tests.support.healthy_streams import DAY, MONDAY, season

EVENTS, LEARNT, PANE = 2000, 2100, 5
LABELLED = 0.03  # of all events, in the mean
KINDS = ("independent", "seasonal")


class Model:
    """One model and its traffic. `mean` is events in a pane of a busy hour."""

    def __init__(self, number: int, kind: str, features: int, seed: int) -> None:
        self.name, self.kind, self.rng = f"m{number:03}", kind, np.random.default_rng([seed, number])
        self.mean = 300 if number % 10 == 0 else 60 if number % 10 in (1, 2) else 20
        bank = bank_of(self.name, features, 0.05 if number % 5 == 0 else 0.0, EVENTS, [seed, number])
        minutes = np.sort(self.rng.choice(7 * DAY, LEARNT, p=self._busy()))
        shares = [self.level(minute)[1] for minute in minutes.tolist()]
        which = np.array([draw(self.rng, EVENTS, 1, share)[0] for share in shares])
        self.prepared = Prepared(baseline_of(bank, which, minutes))
        self.said = Said.of(bank, self.prepared)

    def level(self, minute: int) -> tuple[float, float]:
        """How busy this minute is, and its share of class 1."""
        return season(minute) if self.kind == "seasonal" else (1.0, 0.6)

    def _busy(self) -> Sequence[float]:
        busy = np.array([self.level(minute)[0] for minute in range(7 * DAY)])
        return (busy / busy.sum()).tolist()  # type: ignore[no-any-return]

    def summaries(self, minutes: Sequence[int]) -> Iterator[tuple[SummaryKey, Summary]]:
        """What was counted in each of these minutes."""
        levels = [self.level(minute) for minute in minutes]
        which = [draw(self.rng, EVENTS, self.rng.poisson(self.mean * busy), share) for busy, share in levels]
        for minute, said in zip(minutes, self.said.together(which, self.rng), strict=True):
            if said is not None:
                yield SummaryKey(self.name, "", "", MONDAY * 10**9 + minute * MINUTE_NS, self.prepared.id), said


def quiet(
    kind: str, models: int, features: int, knobs: Sequence[float], days: int, seed: int, seconds: float
) -> Iterator[Part]:
    """What each knob gave until then, after every two hours that were begun before the seconds were over."""
    line, deadline = Line(*(settings(knob, models) for knob in knobs)), time.monotonic() + seconds
    all_of_them = [Model(number, kind, features, seed) for number in range(models)]
    for each in all_of_them:
        for judge in line.judges:
            judge.know(each.prepared)
    for start in range(0, days * DAY, STEP):
        if time.monotonic() > deadline:
            return
        minutes = range(start, start + STEP, PANE)
        found: dict[int, dict[SummaryKey, Summary]] = {MONDAY * 10**9 + minute * MINUTE_NS: {} for minute in minutes}
        for each in all_of_them:
            for key, summary in each.summaries(minutes):
                found[key.minute_ns][key] = summary
        for minute_ns, summaries in found.items():
            line.judge(minute_ns, summaries)
        yield from parts(line, (kind, models, features, LABELLED, seed), knobs, start + STEP)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=200, help="that share the budget")
    parser.add_argument("--features", type=int, default=5, help="of every model")
    parser.add_argument("--days", type=int, default=21, help="at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--knobs", type=float, nargs="+", default=[1.0, 10.0, 100.0, 1000.0])
    parser.add_argument("--kind", default="independent", choices=KINDS)
    parser.add_argument(
        "--seconds", type=float, default=float("inf"), help="no further two hours are begun after these"
    )
    parser.add_argument("--merge", type=Path, nargs="+", help="print the table of what runs printed")
    args = parser.parse_args()
    if args.merge:
        print("\n".join(merged(read(args.merge)[0])))
        return 0
    for part in quiet(args.kind, args.models, args.features, args.knobs, args.days, args.seed, args.seconds):
        print(msgspec.json.encode(part).decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
