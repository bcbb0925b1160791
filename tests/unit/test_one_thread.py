"""The last bits of a sum depend on how many threads share it; a command uses one, whatever the machine has."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

LOAD = (
    "import json, streams, numpy, threadpoolctl;"
    "print(json.dumps([pool['num_threads'] for pool in threadpoolctl.threadpool_info()]))"
)


@pytest.mark.parametrize(("asked", "given"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}, 2)])
def test_sums_are_made_by_one_thread_unless_asked_otherwise(asked: dict[str, str], given: int) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    found = subprocess.run(
        [sys.executable, "-c", LOAD], env=plain | asked, capture_output=True, text=True, check=True
    ).stdout
    assert set(json.loads(found)) == {min(given, os.cpu_count() or 1)}
