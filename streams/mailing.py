"""Weekly reports by mail, each to its model's owner and once: what is owed follows from `reports` and `deliveries`.

 1. owed is every report on one of the last whole weeks that no receiver has accepted, or refused for good;
 2. it is sent through the e-mail receiver that `reports.mail_by` names, to the model's `report_to`; what was tried
    least comes first, so that none waits behind one that hangs, and a server that is away is asked once a turn;
 3. the answer is recorded; what is to come again later is tried after 5 minutes, 10, 20, … at most 6 hours, and given
    up, which is an answer too, when that has lasted for three days.

Killed between 2 and 3 it sends a mail twice, with the same Message-ID. One process may mail; two mail twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import urlencode

from monitors.pagetext import clean
from schemas.errors import MirqabError, UsageError
from schemas.pages import ACCEPTED, AGAIN, NEVER, REPORT, Answer
from schemas.settings import Settings
from streams.delivering import LONGEST_SEND
from streams.deliveryrows import record_answer
from streams.notifiers import make
from streams.notifiers.email import Notifier
from streams.store import Store

log = logging.getLogger(__name__)
LONGEST_SUBJECT = 200
FIRST_PAUSE_NS, LONGEST_PAUSE_NS = 300 * 10**9, 6 * 3600 * 10**9
PATIENCE_NS = 3 * 86_400 * 10**9
MADE = """
SELECT model, period FROM reports_now
WHERE kind = 'weekly' AND made_ns >= until_ns AND period IN {weeks:Array(String)} ORDER BY from_ns, model
"""
ANSWERS = """
SELECT incident, countIf(answer IN {done:Array(String)}) AS settled, count() AS attempts, min(at_ns) AS first_ns,
    max(at_ns) AS last_ns
FROM deliveries_now WHERE kind = {kind:String} GROUP BY incident
"""
WHOLE = (
    "SELECT text, html FROM reports_now WHERE kind = 'weekly' AND model = {model:String} AND period = {period:String}"
)


class Past(NamedTuple):
    """What became of a report so far: answers that settled it, how often it was sent, and when first and last, ns."""

    settled: int = 0
    attempts: int = 0
    first_ns: int = 0
    last_ns: int = 0

    @property
    def due_ns(self) -> int:
        """When it may be sent again."""
        if not self.attempts:
            return 0
        doubled: int = FIRST_PAUSE_NS << min(self.attempts - 1, 20)
        return self.last_ns + min(doubled, LONGEST_PAUSE_NS)

    def settling(self, answer: Answer, now_ns: int) -> Answer:
        """The answer, or that it is given up."""
        if answer.word != AGAIN or not self.attempts or now_ns - self.first_ns < PATIENCE_NS:
            return answer
        days = PATIENCE_NS // (86_400 * 10**9)
        return answer._replace(word=NEVER, detail=f"given up after {days} days: {answer.detail}"[:200])


async def mail_owed(
    store: Store, settings: Settings, weeks: list[str], clock: Callable[[], int]
) -> tuple[int, list[str]]:
    """Send what is owed on these weeks: how many are still owed, and what no answer but a defect kept from being sent.

    Raises StoreUnavailable or StoreRefused.
    """
    if not settings.reports.mail_by:
        return 0, []
    told = await _told(store)
    made = [
        (told.get(_key(row["model"], row["period"]), Past()), row) for row in await store.query(MADE, {"weeks": weeks})
    ]
    owed = sorted((each for each in made if not each[0].settled), key=lambda each: each[0].attempts)
    left, failed = len(owed), []
    for past, row in owed:
        if clock() < past.due_ns:
            continue
        try:
            answer = await _send(store, settings, row["model"], row["period"], past, clock)
        except MirqabError:
            raise
        except Exception:
            # A defect that one report brings out must not keep all others from their owners.
            log.exception("%s: the report on week %s cannot be mailed", clean(row["model"]), row["period"])
            failed.append(f"{row['model']}: the report on week {row['period']} cannot be mailed: the log says why")
            left -= 1
            continue
        left -= answer.word != AGAIN
        if not answer.reached:
            break
    return left, failed


async def mail_one(store: Store, settings: Settings, model: str, week: str, clock: Callable[[], int]) -> Answer:
    """Send the stored report on a model and week, whatever was sent before. Raises UsageError where nobody mails."""
    can_mail(settings)
    past = (await _told(store)).get(_key(model, week), Past())
    return await _send(store, settings, model, week, past._replace(first_ns=clock()), clock)


def can_mail(settings: Settings) -> None:
    """Raises UsageError where settings name nobody who mails."""
    if not settings.reports.mail_by:
        raise UsageError("nobody mails: name an e-mail receiver in reports.mail_by (docs/paging.md)")


async def _told(store: Store) -> dict[str, Past]:
    """What became of each report."""
    rows = await store.query(ANSWERS, {"done": [ACCEPTED, NEVER], "kind": REPORT})
    return {row["incident"]: Past(*(int(row[name]) for name in Past._fields)) for row in rows}


async def _send(
    store: Store, settings: Settings, model: str, week: str, past: Past, clock: Callable[[], int]
) -> Answer:
    name = settings.reports.mail_by
    (report,) = await store.query(WHOLE, {"model": model, "period": week})
    notifier = make(settings.receivers[name], settings)
    assert isinstance(notifier, Notifier)  # settings name a receiver of this kind
    before = clock()
    to = settings.model(model).report_to or tuple(notifier.to)
    try:
        mail = message(settings, model, week, report, notifier.sender, to)
        answer = await asyncio.wait_for(notifier.post(mail), LONGEST_SEND)
    except TimeoutError:
        answer = Answer(AGAIN, f"no answer within {LONGEST_SEND:.0f} s", reached=False)
    now = clock()
    answer = past.settling(answer, now)
    await record_answer(
        store, _key(model, week), name, answer, number=0, kind=REPORT, level="", attempt=past.attempts + 1, at_ns=now,
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
