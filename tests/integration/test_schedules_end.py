"""Schedules that run for ever end when they are asked to: at once, with 0, and without half a row."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack

from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import make_store

WORDS = (("report", "schedule"), ("drill", "--schedule"))


def test_a_schedule_ends_when_it_is_asked_to(clickhouse: ClickHouseProcess) -> None:
    """They are asked in the middle of their first round, in which every report is missing and every drill is due."""
    made = make_store(clickhouse, "schedules_end")
    given = {"URL": made.url, "DATABASE": made.database, "USERNAME": made.username, "PASSWORD": made.password}
    environ = os.environ | {f"MIRQAB_STORE_{name}": value for name, value in given.items()}
    with ExitStack() as stack:
        for words in WORDS:
            command = [sys.executable, "-m", "streams.cli", *words]
            process = stack.enter_context(subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True))
            assert process.stderr is not None
            assert "until SIGTERM or Ctrl-C" in process.stderr.readline()
            process.send_signal(signal.SIGTERM)
            # An end that takes more than five seconds is cut short; a busy machine is slower to notice.
            assert (process.wait(60), process.stderr.read()) == (0, "")
