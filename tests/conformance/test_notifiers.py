"""Every receiver of pages keeps its promises: three answers, one key, no secret in the open, nothing raised."""

from __future__ import annotations

import inspect

import pytest

from schemas import pages
from schemas.errors import SettingError
from schemas.pages import ACCEPTED, AGAIN, NEVER, RESOLVE
from schemas.receivers import Receiver
from schemas.settings import Settings
from streams import notifiers
from tests.support.receivers import NEVER_NO, PLACES, Told, page

KINDS = notifiers.names()


def test_every_receiver_has_shown_its_answers_somewhere() -> None:
    assert set(KINDS) == set(PLACES), "a new receiver needs a line in PLACES of tests/support/receivers.py"
    assert set(NEVER_NO) <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("word", [ACCEPTED, AGAIN, NEVER])
async def test_it_answers(kind: str, word: str) -> None:
    if word == NEVER and kind in NEVER_NO:
        assert len(NEVER_NO[kind]) > 10
        return
    told = Told(word)
    async with PLACES[kind](told) as (receiver, settings):
        notifier = notifiers.make(receiver, settings)
        answer = await notifier.send(told.send or page())
        await notifier.close()
    assert answer.word == word, answer.detail
    assert word == ACCEPTED or answer.detail
    for secret in receiver.secrets.values():
        assert secret not in answer.detail


# Those of `ocsf`, which needs a broker, are looked at in test_receivers.py.
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "ocsf"])
async def test_all_pages_of_an_incident_can_be_sent(kind: str) -> None:
    told = Told()
    async with PLACES[kind](told) as (receiver, settings):
        notifier = notifiers.make(receiver, settings)
        for one in pages.KINDS:
            over = 1_750_000_500_000_000_000 if one == RESOLVE else None
            assert (await notifier.send(page(kind=one, resolved_ns=over))).word == ACCEPTED, one
        await notifier.close()
    assert len(told.bodies) == len(pages.KINDS) or kind == "syslog"


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_it_needs(kind: str) -> None:
    found = notifiers.module(kind)
    assert len(inspect.getdoc(found) or "") > 40
    assert isinstance(found.KEYED, bool)
    assert all(len(text) > 8 for text in found.OPTIONS.values())
    assert {*found.REQUIRED, *found.SECRETS} <= set(found.OPTIONS)
    for name in found.REQUIRED:
        given = {n: "https://x.example" for n in found.REQUIRED if n != name}
        secrets = {n: given.pop(n) for n in list(given) if n in found.SECRETS}
        with pytest.raises(SettingError, match=f"needs {name}"):
            notifiers.make(Receiver("r", kind, given, secrets), Settings())
    for name in found.SECRETS:
        with pytest.raises(SettingError, match=f"MIRQAB_RECEIVER_R_{name.upper()}"):
            notifiers.make(Receiver("r", kind, {name: "in the open"}), Settings())
    with pytest.raises(SettingError, match="unknown option 'urll'"):
        notifiers.make(Receiver("r", kind, {"urll": "x"}), Settings())


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(SettingError, match="did you mean slack"):
        notifiers.module("slak")
