"""Nothing in the repository tells where or with whose rights it was made: no registry, no path, no credential."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Written in pieces, or this file would be its own first find.
LEAKS = {
    "a package registry": "|".join(
        ["py" + r"pi\.org", "files.python" + "hosted", "registry.npm" + "js", r"repo1?\.maven" + r"\.apache"]
        + ["--?index" + "-url", "extra" + "-index", "find" + "-links *=", "proxy." + "golang"]
    ),
    "a path of somebody's machine": "|".join(
        ["/ro" + "ot/", "/ho" + "me/[a-z]", "/wo" + "rk/(main|shared)", "/op" + "t/wheels", "/tm" + "p/setup"]
    ),
    "a private key": "-----BEGIN [A-Z ]*PRIVATE" + " KEY-----",
    "a token": r"\b(gh[pousr]_[A-Za-z0-9]{30,}|xox[abp]-[\w-]{20,}|glsa_\w{30,}|AKIA[0-9A-Z]{16}|AIza[\w-]{35})\b",
    # `secret` and `password` are what tests and examples say.
    "a password in a URL": r"\b[a-z+]+://[^/\s:@{}<>\"'`]+:(?!(?:secret|password)@)[^/\s:@{}<>\"'`]+@",
}
# A test may show that a secret in a URL is refused, or that a scanner finds a key; it says so in its own line.
EXCUSE = "leak-on-purpose"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("needs a git checkout; to get it: clone the repository instead of unpacking it")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("kind", LEAKS)
def test_nothing_tells(kind: str) -> None:
    pattern = re.compile(LEAKS[kind])
    found = []
    for path in tracked():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, 1):
            if pattern.search(line) and EXCUSE not in line:
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("a package registry", "pip install --extra-" + "index-" + "url x"),
        ("a path of somebody's machine", "see /ho" + "me/ali/notes"),
        ("a private key", "-----BEGIN RSA PRIVATE" + " KEY-----"),
        ("a token", "AKIA" + "ABCDEFGHIJKLMNOP"),
        ("a password in a URL", "kafka://user" + ":hunter2@host"),
    ],
)
def test_each_kind_would_be_found(kind: str, line: str) -> None:
    assert re.search(LEAKS[kind], line)


def test_no_file_is_huge() -> None:
    assert [str(path.relative_to(ROOT)) for path in tracked() if path.stat().st_size > 1_000_000] == []
