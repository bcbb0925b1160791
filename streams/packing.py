"""Writes an evidence pack to a folder, with a manifest of SHA-256 sums and its Ed25519 signature, and checks one.

`manifest.json` names every file with its sum and carries the public key; `manifest.sig` signs its bytes. A signature
says that whoever holds the key made it; that the key is whose it should be is for the reader to know. Without a key
there is `manifest.sha256` instead: it finds damage, and nobody who means to deceive.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schemas.errors import SettingError, UsageError

MANIFEST, SIGNATURE, SUM = "manifest.json", "manifest.sig", "manifest.sha256"


def write_pack(folder: Path, files: Mapping[str, str], key: str, about: Mapping[str, Any]) -> dict[str, Any]:
    """Write it; the value is the manifest. `key` may be empty: then it is not signed, and says so.

    Raises UsageError where the folder holds something already or cannot be written, SettingError for a bad key.
    """
    private = _private(key) if key else None
    sums = {name: sha256(text.encode()).hexdigest() for name, text in sorted(files.items())}
    public = private.public_key().public_bytes_raw().hex() if private else ""
    manifest = {**about, "made_by": f"mirqab {version('mirqab')}", "public_key": public, "sha256": sums}
    data = json.dumps(manifest, indent=1).encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty; an evidence pack needs a folder of its own")
        for name, text in files.items():
            (folder / name).write_bytes(text.encode())
        (folder / MANIFEST).write_bytes(data)
        name, proof = (SIGNATURE, private.sign(data).hex()) if private else (SUM, sha256(data).hexdigest())
        (folder / name).write_bytes(proof.encode())
    except OSError as e:
        raise UsageError(f"{folder}: cannot write there: {e.strerror}") from e
    return manifest


def faults(folder: Path, public_key: str = "") -> Iterator[str]:
    """What is wrong with a pack, naming the file. Raises UsageError where there is no pack at all."""
    try:
        data = (folder / MANIFEST).read_bytes()
    except OSError as e:
        raise UsageError(f"{folder / MANIFEST}: {e.strerror}; name the folder of an evidence pack") from e
    try:
        manifest = json.loads(data)
        sums, stated = dict(manifest["sha256"]), str(manifest["public_key"])
    except (ValueError, KeyError, TypeError):
        yield f"{MANIFEST}: it is no manifest any more"
        return
    yield from _signature(folder, data, stated, public_key)
    for name, expected in sums.items():
        path = folder / name
        if Path(name).name != name or not path.is_file():
            yield f"{name}: it is missing"
        elif sha256(path.read_bytes()).hexdigest() != expected:
            yield f"{name}: it was changed, its sum is not the manifest's"
    for path in sorted(folder.iterdir()):
        if path.name not in (*sums, MANIFEST, SIGNATURE if stated else SUM):
            yield f"{path.name}: it is not in the manifest"


def signed(folder: Path) -> bool:
    """Whether the manifest of a pack without faults is signed."""
    return bool(json.loads((folder / MANIFEST).read_bytes())["public_key"])


def _signature(folder: Path, data: bytes, stated: str, wanted: str) -> Iterator[str]:
    if wanted and stated != wanted:
        yield f"{MANIFEST}: it was made with another key ({stated or 'none'})"
        return
    name = SIGNATURE if stated else SUM
    try:
        proof = (folder / name).read_text(encoding="ascii")
        if not stated:
            right = proof == sha256(data).hexdigest()
        else:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(stated)).verify(bytes.fromhex(proof), data)
            right = proof == bytes.fromhex(proof).hex()  # fromhex also takes capitals and spaces
    except (OSError, ValueError, InvalidSignature):
        right = False
    if not right:
        yield f"{MANIFEST} or {name}: one of them was changed or is missing, they do not fit"


def _private(key: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))
    except ValueError as e:
        raise SettingError("reports.signing_key must be 64 hex digits, such as `openssl rand -hex 32` prints") from e
