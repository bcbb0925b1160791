"""Weekly reports by mail, each to its model's owner and once: what is owed follows from `reports` and `deliveries`.

 1. owed is every report on one of the last whole weeks that no receiver has accepted, or refused for good;
 2. it is sent through the e-mail receiver that `reports.mail_by` names, to the model's `report_to`;
 3. the answer is recorded; what is to come again later is still owed, and tried at the next turn.

Killed between 2 and 3 it sends a mail twice, with the same Message-ID. One process may mail; two mail twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from hashlib import blake2b
from typing import Any
from urllib.parse import urlencode

from monitors.pagetext import clean
from schemas.errors import MirqabError, UsageError
from schemas.pages import ACCEPTED, AGAIN, NEVER, REPORT, Answer
from schemas.settings import Settings
from streams.deliveryrows import record_answer
from streams.notifiers import make
from streams.notifiers.email import Notifier
from streams.store import Store

log = logging.getLogger(__name__)
LONGEST_SUBJECT = 200
MADE = """
SELECT model, period FROM reports_now
WHERE kind = 'weekly' AND made_ns >= until_ns AND period IN {weeks:Array(String)} ORDER BY from_ns, model
"""
ANSWERS = """
SELECT incident, countIf(answer IN {done:Array(String)}) AS settled, count() AS attempts
FROM deliveries_now WHERE kind = {kind:String} GROUP BY incident
"""
WHOLE = (
    "SELECT text, html FROM reports_now WHERE kind = 'weekly' AND model = {model:String} AND period = {period:String}"
)


async def mail_owed(store: Store, settings: Settings, weeks: list[str], clock: Callable[[], int]) -> int:
    """Send what is owed on these weeks; how many are still owed. Raises StoreUnavailable or StoreRefused."""
    if not settings.reports.mail_by:
        return 0
    told, left = await _told(store), 0
    for row in await store.query(MADE, {"weeks": weeks}):
        settled, attempts = told.get(_key(row["model"], row["period"]), (0, 0))
        if settled:
            continue
        try:
            answer = await _send(store, settings, row["model"], row["period"], attempts + 1, clock)
        except MirqabError:
            raise
        except Exception:
            # A defect that one report brings out must not keep all others from their owners.
            log.exception("%s: the report on week %s cannot be mailed", clean(row["model"]), row["period"])
            continue
        left += answer.word == AGAIN
    return left


async def mail_one(store: Store, settings: Settings, model: str, week: str, clock: Callable[[], int]) -> Answer:
    """Send the stored report on a model and week, whatever was sent before. Raises UsageError where nobody mails."""
    can_mail(settings)
    _, attempts = (await _told(store)).get(_key(model, week), (0, 0))
    return await _send(store, settings, model, week, attempts + 1, clock)


def can_mail(settings: Settings) -> None:
    """Raises UsageError where settings name nobody who mails."""
    if not settings.reports.mail_by:
        raise UsageError("nobody mails: name an e-mail receiver in reports.mail_by (docs/paging.md)")


async def _told(store: Store) -> dict[str, tuple[int, int]]:
    """Per report how many answers settled it, and how many there were."""
    rows = await store.query(ANSWERS, {"done": [ACCEPTED, NEVER], "kind": REPORT})
    return {row["incident"]: (int(row["settled"]), int(row["attempts"])) for row in rows}


async def _send(
    store: Store, settings: Settings, model: str, week: str, attempt: int, clock: Callable[[], int]
) -> Answer:
    name = settings.reports.mail_by
    (report,) = await store.query(WHOLE, {"model": model, "period": week})
    notifier = make(settings.receivers[name], settings)
    assert isinstance(notifier, Notifier)  # settings name a receiver of this kind
    before = clock()
    to = settings.model(model).report_to or tuple(notifier.to)
    answer = await notifier.post(message(settings, model, week, report, notifier.sender, to))
    now = clock()
    await record_answer(
        store, _key(model, week), name, answer, number=0, kind=REPORT, level="", attempt=attempt, at_ns=now,
        seconds=(now - before) / 1e9,
    )  # fmt: skip
    level = {ACCEPTED: logging.INFO, AGAIN: logging.WARNING}.get(answer.word, logging.ERROR)
    log.log(level, "%s: the report on week %s, by mail: %s %s", clean(model), week, answer.word, answer.detail)
    return answer


def message(
    settings: Settings, model: str, week: str, report: Mapping[str, Any], sender: str, to: tuple[str, ...]
) -> EmailMessage:
    """The short text with a link, and the page as an attachment where settings want it."""
    made = EmailMessage()
    text = str(report["text"])
    made["Subject"] = clean(text.partition("\n")[0], LONGEST_SUBJECT)
    made["From"], made["To"] = sender, ", ".join(to)
    made["Message-ID"] = f"<{blake2b(_key(model, week).encode(), digest_size=12).hexdigest()}@mirqab>"
    made["Auto-Submitted"] = "auto-generated"
    address = settings.console.url.rstrip("/")
    asked = urlencode({"kind": "weekly", "model": model, "period": week})
    made.set_content(text + (f"\nAll of it: {address}/report?{asked}\n" if address else ""))
    if settings.reports.mail_page:
        name = f"weekly_{clean(model).replace(' ', '-').replace('/', '-').replace(':', '-')}_{week}.html"
        made.add_attachment(str(report["html"]), subtype="html", filename=name)
    return made


def _key(model: str, week: str) -> str:
    """What stands for the report where deliveries name an incident."""
    return f"report {model} {week}"
