"""The traffic child as the demo's command sees it: start it, let it go on, hear what broke."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from schemas.errors import BrokerUnavailable
from streams import tied
from streams.demo.messages import Announcement, Loaded, Order


class TrafficChild:
    """One running `streams.demo.traffic`. Call `loaded`, `go`, `loaded`, `go`, `announcements`, in this order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def loaded(self) -> int:
        """Events of history produced so far; waits until the next part of it is in the broker.

        Raises BrokerUnavailable if the child ended before.
        """
        assert self._process.stdout
        line = await self._process.stdout.readline()
        if not line:
            raise BrokerUnavailable("the demo's traffic ended before its history was loaded; see the lines above")
        return msgspec.json.decode(line, type=Loaded).loaded

    def go(self) -> None:
        """Let it go on with the next part."""
        assert self._process.stdin
        self._process.stdin.write(b"go\n")

    async def announcements(self) -> AsyncIterator[Announcement]:
        """Each scene as it starts; ends when the child does."""
        assert self._process.stdout
        async for line in self._process.stdout:
            yield msgspec.json.decode(line, type=Announcement)


@asynccontextmanager
async def traffic_child(order: Order) -> AsyncIterator[TrafficChild]:
    """Run the traffic while the block runs. Its errors go to our stderr."""
    process = await asyncio.create_subprocess_exec(
        *tied.tie([sys.executable, "-m", "streams.demo.traffic", msgspec.json.encode(order).decode()]),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield TrafficChild(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
