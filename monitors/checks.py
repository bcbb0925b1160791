"""The promises every detector keeps, written as checks and run on all of them (as River does with its estimators).

Each check takes a detector's name and raises AssertionError with a sentence. `CHECKS` holds them all; the conformance
test is the product of detectors and checks, so a new detector file is asked for its evidence without being listed.
They say nothing about how good a detector is, only that it can be trusted with a series.
"""

from __future__ import annotations

import doctest
import inspect
import random
from ast import literal_eval
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from math import inf, isfinite, nan
from sys import getsizeof, modules
from typing import Any

from monitors.detectors import Detector, Verdict, accepted, kind, load, remembers
from monitors.parameters import Plain, is_plain
from monitors.week import HOUR_NS
from schemas.errors import RuleError
from schemas.readings import Reading, Series
from schemas.signals import BREACH, NOT_ENOUGH, QUIET

SERIES = Series("card", "1", "output.score_mean")
# The slowest answer to an obvious shift; `long` adds the warm-up.
LONG = 400


def calm(n: int, seed: int = 0, level: float = 0.5) -> list[Reading]:
    """Hourly readings of a series in which nothing happens: noise of 0.01 around `level`, p-values that say nothing."""
    rng = random.Random(seed)
    return [
        Reading(SERIES, i * HOUR_NS, 1000, rng.gauss(level, 0.01), level, p=rng.uniform(0.2, 1.0), effect=0.0)
        for i in range(n)
    ]


def shifted(n: int, seed: int = 1) -> list[Reading]:
    """Readings ten spreads away from what is expected, with p-values to match."""
    return [replace(reading, expected=0.5, p=1e-12, effect=1.0) for reading in calm(n, seed, level=0.6)]


def joined(*parts: list[Reading]) -> list[Reading]:
    """One after the other, an hour apart."""
    return [replace(reading, at_ns=i * HOUR_NS) for i, reading in enumerate(chain(*parts))]


def long(name: str) -> int:
    """So many readings end any warm-up and leave time for an answer."""
    return max(LONG, load(name, {}).memory + 50)


def told(detector: Detector, readings: Iterable[Reading]) -> list[Verdict]:
    """What a detector says of each reading, in order."""
    return [detector.update(reading) for reading in readings]


def rebuilt(name: str, readings: list[Reading]) -> Detector:
    """A detector as the judge makes it again from a profile of the last `memory` readings."""
    detector = load(name, {})
    for reading in readings[len(readings) - min(detector.memory, len(readings)) :]:
        detector.update(as_remembered(reading, name))
    return detector


def as_remembered(reading: Reading, name: str) -> Reading:
    """What a profile keeps of a reading: n, value and expected; when, and its p, for a `dated` detector."""
    kept = Reading(reading.series, 0, reading.n, reading.value, reading.expected)
    return replace(kept, at_ns=reading.at_ns, p=reading.p) if getattr(kind(name), "dated", False) else kept


def check_says_what_the_contract_allows(name: str) -> None:
    """Every verdict is one of three, with a finite effect or None, a p only when calibrated, and a reason."""
    for said in told(load(name, {}), joined(calm(long(name)), shifted(LONG))):
        assert said.verdict in (BREACH, QUIET, NOT_ENOUGH), f"{said.verdict!r} is not a verdict"
        assert said.effect is None or isfinite(said.effect), f"effect {said.effect} is not a size"
        assert said.p is None or (kind(name).calibrated and 0 <= said.p <= 1), f"p {said.p} without calibration"
        assert said.reason.strip(), f"{said.verdict} without a reason"


def check_leaves_the_reading_alone(name: str) -> None:
    """A reading is shared by several detectors and stored afterwards."""
    readings, twins = joined(calm(60), shifted(60)), joined(calm(60), shifted(60))
    told(load(name, {}), readings)
    assert readings == twins, "update changed a reading"


def check_is_deterministic(name: str) -> None:
    """The same readings give the same verdicts, whoever else is watching: no clock, no chance, nothing shared."""
    readings = joined(calm(long(name)), shifted(60))
    one, other = load(name, {}), load(name, {})
    pairs = [(one.update(reading), other.update(reading)) for reading in readings]
    assert all(left == right for left, right in pairs), "two detectors side by side disagreed"
    assert told(load(name, {}), readings) == [left for left, _ in pairs], "a detector on its own said something else"


def check_is_not_poisoned(name: str) -> None:
    """None, NaN and infinity are "not enough data", and what is said of the other readings stays the same."""
    readings = joined(calm(long(name)), shifted(60))
    clean, dirty = load(name, {}), load(name, {})
    for i, reading in enumerate(readings):
        bad = (None, nan, inf, -inf)[i % 4]
        said = dirty.update(replace(reading, value=bad, p=bad, effect=bad))
        assert said.verdict == NOT_ENOUGH, f"{bad} was called {said.verdict}, not {NOT_ENOUGH}"
        assert dirty.update(reading) == clean.update(reading), f"after {bad} a good reading was judged differently"


def check_survives_any_number(name: str) -> None:
    """The largest, the smallest, whole and negative numbers neither raise nor make an effect infinite."""
    detector = load(name, {})
    for value in [0, -1, 5e-324, 1e308, -1e308, 1e150, -1e150, 10**30] * 20:
        said = detector.update(Reading(SERIES, 0, 10**12, float(value), 0.0, p=0.0, effect=float(value)))
        assert said.effect is None or isfinite(said.effect), f"effect {said.effect} after a value of {value}"


def check_says_not_enough_before_it_knows(name: str) -> None:
    """Warming up is an answer of its own, never quiet, and says how much is missing."""
    said = load(name, {}).update(replace(calm(1)[0], n=1))
    assert said.verdict == NOT_ENOUGH, f"the first reading, of one event, was called {said.verdict}"
    assert any(letter.isdigit() for letter in said.reason), f"how much is missing? {said.reason!r}"
    assert load(name, {}).update(Reading(SERIES, 0, 0, None)).verdict == NOT_ENOUGH, "an empty pane was judged"


def check_sees_an_obvious_shift(name: str) -> None:
    """Ten spreads, for long enough: one breach at least, with an effect that says it is large."""
    detector, n = load(name, {}), long(name)
    breaches = [said for said in told(detector, joined(calm(n), shifted(n)))[n:] if said.verdict == BREACH]
    assert breaches, "did not see a shift of ten spreads"
    assert breaches[0].effect is not None, "a breach without an effect cannot be weighed"
    assert breaches[0].effect >= 1, f"effect {breaches[0].effect:.3g} for a shift of ten spreads"


def check_stays_quiet_when_nothing_happens(name: str) -> None:
    """Neither noise nor a constant, at whatever level, is a breach."""
    for level in (0.0, 0.5, -3000.0):
        flat = [replace(reading, value=level, expected=level) for reading in calm(long(name))]
        for readings in (calm(long(name), seed=2, level=level), flat):
            loud = [said.reason for said in told(load(name, {}), readings) if said.verdict == BREACH]
            assert not loud, f"breach at level {level}, where nothing happened: {loud[0]}"


def check_can_be_rebuilt_from_its_memory(name: str) -> None:
    """What is older than `memory` readings is of no matter to a rebuilt detector, and `memory` ends its warm-up.

    Not promised: that a rebuilt detector agrees with one that was never interrupted. The judge therefore rebuilds a
    running detector at the same moment, from the same readings.
    """
    size = load(name, {}).memory
    tail, later = calm(size, seed=3), [*calm(30, seed=4), *shifted(long(name))]
    later = joined(tail, later)[size:]
    one = rebuilt(name, [*calm(50, seed=5), *tail])
    other = rebuilt(name, [*shifted(size + 7), *tail])
    first, second = told(one, later), told(other, later)
    assert first == second, "two detectors rebuilt from the same readings disagreed"
    assert first[0].verdict != NOT_ENOUGH, f"still warming up after its whole memory: {first[0].reason}"
    assert any(said.verdict == BREACH for said in first), "a rebuilt detector missed an obvious shift"


def check_calibrated_spends_what_it_is_given(name: str) -> None:
    """The judge sets the level before each reading, and no p may depend on it; what has no memory is made anew."""
    if not kind(name).calibrated:
        return
    assert {"alpha", "min_n", "min_effect"} <= set(accepted(name)), "a calibrated detector takes its budget"
    strict, lax = load(name, {}), load(name, {})
    for reading in [*calm(long(name)), *shifted(50)]:
        strict.alpha, lax.alpha = 1e-300, 1.0  # type: ignore[attr-defined]
        first, second = strict.update(reading), lax.update(reading)
        assert first.p == second.p, "p depends on the level"
        assert first.verdict != BREACH, f"a breach at a level of 1e-300: {first.reason}"
    if not remembers(name):
        reading = calm(1)[0]
        assert lax.memory == 0, "a detector without memory needs none"
        assert load(name, {}).update(reading).p == lax.update(reading).p, "what came before changed a verdict"


def check_memory_is_bounded(name: str) -> None:
    """Twice as many readings do not need more room.

    2 kB of slack: ADWIN keeps one more row of buckets per doubling. And 40 bytes (a value in two lists) for each
    reading of its memory, for what fills up and begins again; a value kept of each reading would be more than twice
    that.
    """
    detector = load(name, {})
    size = long(name)
    readings = joined(calm(3 * size), calm(3 * size, seed=6))
    told(detector, readings[: 3 * size])
    before = room(detector)
    told(detector, readings[3 * size :])
    assert room(detector) <= before + 2048 + 40 * detector.memory, f"grew from {before} to {room(detector)} bytes"


def check_parameters_are_plain(name: str) -> None:
    """Each has a default, is a literal, and is kept under its own name: it can be printed, hashed and stored."""
    detector = load(name, {})
    for key, parameter in accepted(name).items():
        assert parameter.default is not parameter.empty, f"{key} has no default"
        assert is_plain(parameter.default), f"{key} is {parameter.default!r}, not plain"
        kept = getattr(detector, key, None)
        assert kept == parameter.default, f"{key} is kept as {kept!r}, not {parameter.default!r}"
        assert literal_eval(repr(kept)) == kept, f"{key} cannot be read back from {kept!r}"
    again = load(name, {key: parameter.default for key, parameter in accepted(name).items()})
    readings = joined(calm(60), shifted(60))
    assert told(again, readings) == told(detector, readings), "defaults given by hand made another detector"


def check_mistakes_are_explained(name: str) -> None:
    """A parameter it does not have, or of another type, is a RuleError that names the culprit."""
    for key, parameter in accepted(name).items():
        wrong: float | str = 1.5 if isinstance(parameter.default, str) else "much"
        for given, culprit in (({f"{key}x": parameter.default}, f"{key}x"), ({key: wrong}, key)):
            said = _refusal(name, given)
            assert culprit in said, f"{given} was answered with {said!r}, which does not name {culprit}"
            assert name in said, f"{said!r} does not name {name}"


def _refusal(name: str, given: Mapping[str, Plain]) -> str:
    try:
        load(name, given)
    except RuleError as e:
        return str(e)
    return "no error"


def check_is_documented(name: str) -> None:
    """A docstring with its limits, a reference, and an example with numbers that holds."""
    text = inspect.getdoc(kind(name)) or ""
    for section in ("When it does not work:", "Reference:", ">>> "):
        assert section in text, f"the docstring has no {section!r}"
    module = modules[kind(name).__module__]
    runner = doctest.DocTestRunner(verbose=False)
    said: list[str] = []
    for example in doctest.DocTestFinder().find(kind(name), name, module=module):
        runner.run(example, out=said.append)
    assert not runner.failures, "".join(said)


def room(thing: Any, seen: set[int] | None = None) -> int:
    """Bytes of an object and all it holds; what keeps its state outside Python is asked how it would be copied."""
    seen = set() if seen is None else seen
    if id(thing) in seen or inspect.isroutine(thing) or isinstance(thing, type):
        return 0
    seen.add(id(thing))
    size = getsizeof(thing)
    if isinstance(thing, dict):
        return size + sum(room(each, seen) for pair in thing.items() for each in pair)
    if isinstance(thing, list | tuple | set | frozenset):
        return size + sum(room(each, seen) for each in thing)
    if isinstance(thing, str | bytes | int | float | type(None)):
        return size
    _, made_from, *state = thing.__reduce_ex__(4)
    # The iterators that a deque or list subclass is copied from.
    parts = [list(each) if hasattr(each, "__next__") else each for each in state]
    return size + room(made_from, seen) + sum(room(each, seen) for each in parts)


CHECKS: tuple[Callable[[str], None], ...] = tuple(
    check for label, check in sorted(globals().items()) if label.startswith("check_")
)
