"""What leaks is found with its check, and its look-alikes are not."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from monitors.text import find
from monitors.text.cards import issuer, luhn
from monitors.text.ibans import valid
from monitors.text.national_ids import verhoeff
from tests.support.texts import kinds_of_leaks, rows_of_leaks


def kinds(text: str) -> list[str]:
    return [one.kind for one in find(text) if not one.kind.startswith("injection.")]


def key(*parts: str) -> str:
    """A made-up key, in pieces so that no scanner takes this file for a leak."""
    return "".join(parts)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("pay with 5500 0055 5555 5559 please", "pii.card"),
        ("card 4111-1111-1111-1111?", "pii.card"),
        ("بطاقتي ٥٥٠٠٠٠٥٥٥٥٥٥٥٥٥٩", "pii.card"),
        ("to QA58 DOHB 0000 1234 5678 90AB CDEF G today", "pii.iban"),
        ("DE89370400440532013000", "pii.iban"),
        ("my QID is 28463412345", "pii.qid"),
        ("SSN 536-90-4399", "pii.ssn"),
        ("write to nadia.k@example.org.", "pii.email"),
        ("call +974 5512 3456", "pii.phone"),
        ("host 203.0.113.77 is down", "pii.ip"),
        ("passport number A12345678", "pii.passport"),
        ("born 03/11/1987", "pii.birth_date"),
        (key("gh", "p_", "a8Fk2LmQ9zRt5WxY7bNc3VdE1sGh4JuK6oPq"), "secret.github"),
        (key("AK", "IA", "Q3EGRWT7ZK5LMX2P"), "secret.aws_key"),
        (key("post", "gres://app:", "T9x!kQ2m", "@db.internal/x"), "secret.db_url"),
        (key("password: ", "Vq7!mZp2xK"), "secret.password"),
    ],
)
def test_each_kind_is_found(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "order 5500 0055 5555 5550",
        "DE89370400440532013001",
        "version 10.2.33.4",
        "the figure 28463412345 is a count",
        "password: changeme",
        "your api_key = YOUR_API_KEY_HERE_123",
        "see section 3.14.15.92",
        "on 03/11/1987 it rained",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_look_alikes_are_not(text: str) -> None:
    assert kinds(text) == []


def test_checks() -> None:
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")
    assert issuer("378282246310005") == "American Express"
    assert issuer("1234567890123456") is None
    assert valid("GB82 WEST 1234 5698 7654 32")
    assert not valid("GB82 WEST 1234 5698 7654 33")
    assert verhoeff("2363")
    assert not verhoeff("2364")


def test_a_finding_has_places_only_and_none_overlap() -> None:
    text = "card 5500 0055 5555 5559, mail a@b.example, card 5500005555555559"
    found = find(text)
    assert [text[one.start : one.end] for one in found] == ["5500 0055 5555 5559", "a@b.example", "5500005555555559"]
    assert all(one._fields == ("kind", "start", "end") for one in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


def test_both_ends_of_a_long_text_are_looked_at() -> None:
    text = "a@b.example " + "x " * 50_000 + " c@d.example"
    assert [text[one.start : one.end] for one in find(text)] == ["a@b.example", "c@d.example"]


def test_validated_kinds_on_shared_data() -> None:
    hit, missed, false = kinds_of_leaks(rows_of_leaks("leaks_generated_dev"))
    assert isinstance(hit, Counter)
    for kind in ("pii.card", "pii.iban", "pii.qid", "pii.ssn", "pii.email", "secret"):
        assert hit[kind] / (hit[kind] + missed[kind]) >= 0.95, kind
        assert hit[kind] / (hit[kind] + false[kind]) >= 0.98, kind
