"""The command `mirqab` in this process, as a user types it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams import cli

Told = tuple[int, str, str]


class Mirqab:
    """Runs commands; the environment is the caller's."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: str | Path) -> Told:
        """Exit code, stdout, stderr."""
        code = cli.main([str(word) for word in words])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def json(self, *words: str | Path) -> Any:
        """What it prints with --json; it must succeed."""
        code, out, err = self(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    def refused(self, *words: str | Path) -> str:
        """What it says on stderr when it fails; it must print nothing else."""
        code, out, err = self(*words)
        assert (code, out) == (1, ""), err
        assert "Traceback" not in err
        return err
