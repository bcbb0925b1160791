"""Rows of `event_text` as the settings want them: nothing, hashes, sealed, or as they are.

Sealed texts have a data key for each principal, made when it is first heard and stored, wrapped, before anything is
sealed with it. Two workers that hear a principal at once make two; both are kept, and both go when it is erased. A
principal that was erased gets a new key when it is heard again: erase it once its messages have ended.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from schemas.errors import SettingError, unknown
from schemas.events import EventBatch
from schemas.sections import TEXTS, Privacy
from schemas.tables import TEXT_KEYS
from streams.eventrows import text_rows
from streams.rows import arrow
from streams.sealing import DataKey, Masters
from streams.store import Store

KNOWN = """
SELECT id, principal, wrapped FROM text_keys_now
WHERE principal IN {names:Array(String)} AND erased = 0 ORDER BY principal, id
"""
log = logging.getLogger(__name__)
NO_KEY = (
    "privacy.key is empty, so of prompts and responses only lengths are stored, no hashes; "
    "set MIRQAB_PRIVACY_KEY, or privacy.text = 'none'"
)
MOST = 100_000  # data keys held in memory


class TextKeeper:
    """What one process does with texts. `clock` is for the record of when a key was made. Raises SettingError."""

    def __init__(self, privacy: Privacy, store: Store, clock: Callable[[], int]) -> None:
        if privacy.text not in TEXTS:
            raise SettingError(f"privacy.text: {unknown('value', privacy.text, TEXTS)}")
        self.privacy, self.store, self.clock = privacy, store, clock
        self.masters = Masters(privacy.master_key) if privacy.text == "encrypted" else None
        self.known: dict[str, DataKey] = {}
        self.keyless = privacy.text == "hashes" and not privacy.key  # and that was not said yet

    async def rows(self, batch: EventBatch) -> pa.Table | None:
        """Rows for events that carried text; None if there are none or settings keep none."""
        if self.masters is None:
            rows = text_rows(batch, self.privacy)
            if rows is not None and self.keyless:
                log.warning(NO_KEY)
                self.keyless = False
            return rows
        spoke = [i for i in range(len(batch)) if batch.prompt[i] is not None or batch.response[i] is not None]
        if not spoke:
            return None
        names = {batch.principal[i] for i in spoke}
        if len(self.known) + len(names) > MOST:
            self.known = {}  # another partition may wait for the store with the keys it knew
        known = self.known
        await self._learn(known, self.masters, sorted(names - set(known)))
        return text_rows(batch, self.privacy, known)

    async def _learn(self, known: dict[str, DataKey], masters: Masters, names: Sequence[str]) -> None:
        if not names:
            return
        for row in await self.store.query(KNOWN, {"names": list(names)}):
            known.setdefault(row["principal"], masters.unwrap(row["id"], row["wrapped"]))
        fresh = {name: masters.new() for name in names if name not in known}
        if fresh:
            await self.store.insert(TEXT_KEYS.name, key_rows(masters, fresh, self.clock()))
            known.update(fresh)


def key_rows(masters: Masters, keys: Mapping[str, DataKey], at_ns: int, rank: int = 0) -> pa.Table:
    """Rows of `text_keys`, wrapped by the first master key; `rank` counts how often they were wrapped before."""
    return arrow(
        TEXT_KEYS,
        {
            "id": [key.id for key in keys.values()],
            "principal": list(keys),
            "wrapped": [masters.wrap(key) for key in keys.values()],
            "master": masters.name,
            "at": at_ns,
            "erased": 0,
            "rank": rank,
        },
    )
