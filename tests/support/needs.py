"""What a test needs and a machine may lack: skip, and say how to get it. `tests/conftest.py` repeats it at the end."""

from __future__ import annotations

import shutil

import pytest


def need(present: object, what: str, how: str) -> None:
    """Skip the test, or every test of the fixture, unless `present` is true."""
    if not present:
        pytest.skip(f"needs {what}; to get it: {how}")


def need_chromium() -> str:
    """The path of a Chromium for Playwright's `executable_path`, or skip."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    need(path, "Chromium", "apt-get install chromium")
    assert path is not None
    return path


def need_alertmanager() -> str:
    """The path of a real Alertmanager, or skip."""
    path = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    need(path, "Alertmanager", "apt-get install prometheus-alertmanager")
    assert path is not None
    return path
