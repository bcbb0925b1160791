"""Sealed texts open at their place, with their key, unchanged; and master keys follow one another."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SettingError, StoreRefused
from streams.sealing import Masters

ONE, TWO = (b64encode(bytes([n]) * 32).decode() for n in (1, 2))


@given(st.text(), st.text())
def test_what_is_sealed_opens_at_its_place_only(text: str, place: str) -> None:
    key = Masters(ONE).new()
    sealed = key.seal(text, place)
    assert key.open(sealed, place) == text
    assert key.seal(text, place) == sealed
    with pytest.raises(StoreRefused, match="does not open"):
        key.open(sealed, f"{place}x")


def test_no_nonce_meets_two_texts() -> None:
    key = Masters(ONE).new()
    nonces = {b64decode(key.seal(text, place))[:12] for text in ("a", "b") for place in ("1", "2", "12")}
    assert len(nonces) == 6


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: bytes([data[0] ^ 1]) + data[1:], lambda _: b""])
def test_a_changed_text_does_not_open(spoil: object) -> None:
    key = Masters(ONE).new()
    changed = b64encode(spoil(b64decode(key.seal("hello", "p")))).decode()  # type: ignore[operator]
    with pytest.raises(StoreRefused, match="does not open"):
        key.open(changed, "p")


def test_one_master_key_follows_another() -> None:
    data = Masters(ONE).new()
    wrapped = Masters(ONE).wrap(data)
    assert Masters(f"{TWO} {ONE}").unwrap(data.id, wrapped) == data
    again = Masters(f"{TWO}\n{ONE}").wrap(data)
    assert Masters(TWO).unwrap(data.id, again) == data
    with pytest.raises(StoreRefused, match="none of the master keys"):
        Masters(TWO).unwrap(data.id, wrapped)
    with pytest.raises(StoreRefused, match="none of the master keys"):
        Masters(ONE).unwrap("another", wrapped)


@pytest.mark.parametrize(("given_", "says"), [("", "openssl rand"), ("short", "32 bytes"), (ONE[:-4], "32 bytes")])
def test_a_master_key_that_is_none_is_refused(given_: str, says: str) -> None:
    with pytest.raises(SettingError, match=says) as caught:
        Masters(given_)
    assert "short" not in str(caught.value)


def test_no_key_is_printed() -> None:
    assert repr(Masters(ONE).new()).count("key=") == 0
