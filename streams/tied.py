"""Runs a program that ends when its parent ends, however the parent ends.

`python -m streams.tied PARENT PROGRAM ARGUMENTS...` asks the kernel (Linux: PR_SET_PDEATHSIG) to kill this process when
its parent dies, and becomes the program. An exit handler of the parent would not run if the parent is SIGKILLed, and
work between fork and exec is not safe in a process with threads; so it is done here, after exec, in a fresh process.
The signal comes when the *thread* that started us ends: start children from the main thread.
Elsewhere than on Linux the program runs untied, and only an orderly end of the parent ends it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import IO

PR_SET_PDEATHSIG = 1


def tie(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` tied to this process."""
    return [sys.executable, "-m", "streams.tied", str(os.getpid()), *command]


def start(
    command: Sequence[str],
    *,
    stdin: int | None = subprocess.DEVNULL,
    stdout: int | IO[bytes] | None = subprocess.DEVNULL,
    stderr: int | IO[bytes] | None = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program tied to this process. Its session is its own: Ctrl-C reaches us, and we end it."""
    return subprocess.Popen(tie(command), stdin=stdin, stdout=stdout, stderr=stderr, env=env, start_new_session=True)


def stop(child: subprocess.Popen[bytes]) -> None:
    """Kill the child and wait for it; safe to call twice."""
    child.kill()
    child.wait()


def main(parent: int, command: Sequence[str]) -> None:
    """Tie this process to its parent, then become the command."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        # The parent may have died before the line above; then nobody is left to send the signal.
        if os.getppid() != parent:
            sys.exit(1)
    os.execvp(command[0], list(command))  # noqa: S606


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
