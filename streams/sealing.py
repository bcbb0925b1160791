"""Texts sealed with AES-256-GCM, and the keys they are sealed with wrapped by a master key.

A nonce is made of the text itself and of where it stands, keyed (as in RFC 8452 and SIV), so the same record sealed
again is the same bytes and no nonce ever meets two texts. What is sealed opens only at its own place. Nothing here
stores or asks anything; who loses every master key loses every text.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from schemas.errors import SettingError, StoreRefused

KEY, NONCE = 32, 12  # bytes
HOW = "openssl rand -base64 32"


@dataclass(frozen=True, slots=True)
class DataKey:
    """What the texts of one principal are sealed with. `id` stands beside each of them."""

    id: str
    key: bytes = field(repr=False)

    def seal(self, text: str, place: str) -> str:
        """The text as base64; `place` names the record and the field."""
        plain, where = text.encode("utf-8", "surrogatepass"), place.encode("utf-8", "surrogatepass")
        mixed = blake2b(len(where).to_bytes(8, "big") + where + plain, key=self._nonces(), digest_size=NONCE)
        nonce = mixed.digest()
        return b64encode(nonce + AESGCM(self.key).encrypt(nonce, plain, where)).decode()

    def open(self, sealed: str, place: str) -> str:
        """The text again. Raises StoreRefused where it was changed, moved, or sealed with another key."""
        try:
            data = b64decode(sealed, validate=True)
            where = place.encode("utf-8", "surrogatepass")
            return AESGCM(self.key).decrypt(data[:NONCE], data[NONCE:], where).decode("utf-8", "surrogatepass")
        except (InvalidTag, Error, ValueError) as e:
            raise StoreRefused(f"the text at {place} does not open: it was changed, moved or sealed otherwise") from e

    def _nonces(self) -> bytes:
        return blake2b(b"nonces", key=self.key, digest_size=KEY).digest()


class Masters:
    """The master keys of a deployment: the first one wraps, all of them unwrap, so that one can follow another."""

    def __init__(self, given: str) -> None:
        """`given` is the secret: 32 bytes as base64, one or more. Raises SettingError that says what would be right."""
        self.keys = [_key(text) for text in given.replace(",", " ").split()]
        if not self.keys:
            raise SettingError(
                f"privacy.text is encrypted and there is no master key; make one with `{HOW}` and give it as "
                "MIRQAB_PRIVACY_MASTER_KEY or in the file that privacy.master_key_file names"
            )

    @property
    def name(self) -> str:
        """Of the first one, for the record; says nothing of it."""
        return _name(self.keys[0])

    def new(self, random: Callable[[int], bytes] = os.urandom) -> DataKey:
        """A data key that nobody had before."""
        return DataKey(random(16).hex(), random(KEY))

    def wrap(self, data: DataKey, random: Callable[[int], bytes] = os.urandom) -> str:
        """The data key, sealed with the first master key."""
        nonce = random(NONCE)
        return b64encode(nonce + AESGCM(self.keys[0]).encrypt(nonce, data.key, data.id.encode())).decode()

    def unwrap(self, id: str, wrapped: str) -> DataKey:
        """The data key again. Raises StoreRefused where none of the master keys opens it."""
        try:
            data = b64decode(wrapped, validate=True)
        except Error:
            data = b""
        for master in self.keys:
            try:
                return DataKey(id, AESGCM(master).decrypt(data[:NONCE], data[NONCE:], id.encode()))
            except (InvalidTag, ValueError):
                continue
        raise StoreRefused(f"none of the master keys opens data key {id}; give the one that wrapped it as well")


def _key(text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except Error:
        key = b""
    if len(key) != KEY:
        raise SettingError(f"a master key must be {KEY} bytes as base64, as `{HOW}` gives; got {len(text)} characters")
    return key


def _name(key: bytes) -> str:
    return blake2b(b"name", key=key, digest_size=6).hexdigest()
