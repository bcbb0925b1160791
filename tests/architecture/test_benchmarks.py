"""`make bench` runs benchmarks that exist, and every benchmark's command and figures are in docs/benchmarks.md."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NAMES = {path.stem for path in (ROOT / "tests" / "benchmarks").glob("*.py") if "__main__" in path.read_text("utf-8")}


def test_what_make_bench_runs_is_there() -> None:
    listed = re.search(r"^BENCHMARKS \?= (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert listed
    assert set(listed[1].split()) <= NAMES


def test_every_benchmark_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    silent = {name for name in NAMES if f"{name}.py" not in page and f"benchmarks.{name}" not in page}
    assert silent == {"leak_rivals_worker"}, "the only one that is run by another"
