"""How a long-running command ends: SIGINT and SIGTERM are asked for and exit code 0, and none of it may hang."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def until_asked(main: Callable[[], Awaitable[object]], grace_seconds: float | None = None) -> int:
    """Run `main` until it returns or the process is asked to end; both are exit code 0.

    With `grace_seconds` an end that takes longer is cut short: a thread that counts or waits for a server cannot be
    cancelled. Give it only where what is written is written in one piece.
    """

    async def guarded() -> None:
        task = asyncio.ensure_future(main())
        asked = False

        def interrupt() -> None:
            # Only the first one counts: a second must not cut short the end of the services.
            nonlocal asked
            if not asked:
                asked = True
                task.cancel()
                if grace_seconds is not None:
                    cut_short(grace_seconds, 0)

        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, interrupt)
        try:
            await task
        except asyncio.CancelledError:
            if not asked:
                raise

    asyncio.run(guarded())
    return 0


def cut_short(seconds: float, code: int) -> None:
    """End the process after so long, if it has not ended by then."""
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()
