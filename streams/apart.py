"""Work that would hold up the line, done in a process of its own at the lowest priority."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from schemas.errors import Stalled

POLL_SECONDS = 0.2
NICE = 19
T = TypeVar("T")


async def apart(work: Callable[..., T], *args: Any) -> T:
    """What `work(*args)` returns or raises; both, and the result, must be picklable. Ends it when cancelled.

    It ends with this process, too, however that ends. Raises Stalled where it is killed.
    """
    # A forked child would have this process's threads' locks, but not its threads.
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there,), daemon=True)
    process.start()
    there.close()
    try:
        # In a thread: it lasts as long as the other side imports what it needs to understand it, seconds.
        await asyncio.to_thread(here.send, (work, args))
        while not here.poll():
            await asyncio.sleep(POLL_SECONDS)
        result, error = here.recv()
    except (EOFError, ConnectionError) as e:
        process.join()
        raise Stalled(
            f"a process for {work.__name__} ended with code {process.exitcode}; is there enough memory?"
        ) from e
    finally:
        process.kill()
        process.join()
        here.close()
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None  # only a child runs this
    parent.join()
    os._exit(1)


def _work(there: Connection) -> None:
    # Ctrl-C reaches the whole group; it is our parent that ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.nice(NICE)
    try:
        work, args = there.recv()
        result, error = work(*args), None
    except Exception as e:
        result, error = None, e
    there.send((result, error))
