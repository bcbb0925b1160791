"""Drills by themselves: due once in a while, made up after a stop, never twice, in a process apart."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from monitors.drills import all_kinds
from schemas.errors import Stalled, UsageError
from schemas.settings import Settings
from streams import drillround
from streams.apart import apart
from streams.drillround import DAY_NS, due, keep_drilling
from streams.known import store_baseline
from streams.ruleset import read_rules
from tests.support.weeks import MONDAY, learnt, log_of, observe, opened, records

NOW_NS = (MONDAY + 7200) * 1_000_000_000
SETTINGS = Settings().replace("judge", model_slots=1)
RULES = read_rules(SETTINGS)
KEPT = "SELECT model, kind, strength, at_ns, level, untried FROM drills_now ORDER BY at_ns, model, kind, strength"


class Enough(Exception):
    """A round is over."""


async def stop(seconds: float) -> None:
    raise Enough


async def test_drills_are_run_when_due_made_up_after_a_stop_and_never_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drillround, "all_kinds", lambda: {"fault_errors": all_kinds()["fault_errors"]})
    base = log_of(tmp_path / "base.jsonl", records(MONDAY - 40_000, 2000, 1, span=36_000))
    log = log_of(tmp_path / "log.jsonl", ({**r, "status": "200"} for r in records(MONDAY, 900, 2, span=7200)))
    async with opened(tmp_path / "store") as store:
        (baseline,) = learnt(base)
        await observe(store, [base, log], [baseline])
        await store_baseline(store, msgspec.structs.replace(baseline, model="few"))

        async def round_at(now_ns: int) -> list[tuple[str, int]]:
            with pytest.raises(Enough):
                await keep_drilling(store, SETTINGS.replace("drills", events=1000), RULES, lambda: now_ns, stop)
            return [(row["model"], int(row["at_ns"])) for row in await store.query(KEPT)]

        first = await round_at(NOW_NS)
        assert first == [("few", NOW_NS)] * 3 + [("loans", NOW_NS)] * 3
        last = (await store.query(KEPT))[-2:]
        assert [(row["strength"], row["level"], row["untried"]) for row in last] == [
            ("strong", "page", ""),
            ("weak", "", ""),
        ]
        assert await round_at(NOW_NS + DAY_NS // 2) == first
        # What could not be tried is tried again the next day, what was tried after a week.
        assert await round_at(NOW_NS + DAY_NS) == [*first, *[("few", NOW_NS + DAY_NS)] * 3]
        assert await due(store, 7.0, NOW_NS + 8 * DAY_NS) == {"few": ["fault_errors"], "loans": ["fault_errors"]}
        # A process that is killed costs its model's drills, not the round.
        monkeypatch.setattr(drillround, "drill_now", die)
        await round_at(NOW_NS + 8 * DAY_NS)
        found = await store.query(f"{KEPT} LIMIT 6 OFFSET 9")
        assert [row["model"] for row in found] == ["few"] * 3 + ["loans"] * 3
        assert all(row["untried"].startswith("it failed") for row in found[3:])


def die(*args: object) -> None:
    os._exit(9)


async def test_no_drill_is_run_where_the_settings_want_none(tmp_path: Path) -> None:
    async with opened(tmp_path / "store") as store:
        await keep_drilling(store, SETTINGS.replace("drills", every_days=0.0), RULES, lambda: 0, stop)


async def test_work_apart_returns_raises_and_is_missed_when_it_is_killed() -> None:
    assert await apart(pow, 2, 3) == 8
    with pytest.raises(UsageError, match="no"):
        await apart(refuse)
    with pytest.raises(Stalled, match="ended with code 3"):
        await apart(os._exit, 3)


def refuse() -> None:
    raise UsageError("no")


async def test_work_apart_ends_with_whoever_waits_for_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    waiting = asyncio.create_task(apart(linger, mark))
    while not mark.exists() or not mark.read_text():
        await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def linger(mark: Path) -> None:
    mark.write_text(str(os.getpid()))
    asyncio.run(asyncio.sleep(600))


def test_work_apart_ends_where_its_parent_was_killed(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    text = f"asyncio.run(apart(hold, Path({str(mark)!r})))"
    names = "import asyncio; from pathlib import Path; from streams.apart import apart"
    parent = subprocess.Popen([sys.executable, "-c", f"{names}; from {__name__} import hold; {text}"])
    until = time.monotonic() + 60
    while time.monotonic() < until and not (mark.exists() and mark.read_text()):
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    with mark.open() as file:
        while time.monotonic() < until:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                return
    os.kill(int(mark.read_text()), signal.SIGKILL)
    raise AssertionError("it went on without its parent")


def hold(mark: Path) -> None:
    with mark.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(str(os.getpid()))
        file.flush()
        time.sleep(600)
