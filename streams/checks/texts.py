"""What becomes of prompts and responses."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.settings import Settings
from streams.checks import OK, Finding


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """Hashes need a key. That there is none harms only those whose models speak."""
    privacy = settings.privacy
    if privacy.text == "hashes" and not privacy.key:
        how = "set MIRQAB_PRIVACY_KEY if your models are asked in words"
        yield Finding("texts", OK, "no privacy.key: of prompts and responses only lengths are stored, no hashes", how)
    else:
        yield Finding("texts", OK, f"prompts and responses are kept as privacy.text says: {privacy.text}")
