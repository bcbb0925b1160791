"""What settings say of models: [models."card-*"], matched by name; the first pattern that fits counts."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from schemas.errors import SettingError, unknown

MOST_SEGMENT_KEYS = 4
ADDRESS = re.compile(r"[^\s@,;:<>()\"]+@[^\s@,;:<>()\"]+")


class ModelInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What settings say of the models whose names match a pattern: [models."card-*"]."""

    team: str = "default"
    owner: str = ""
    criticality: str = "medium"
    environment: str = "production"
    purpose: str = ""
    risk: str = ""  # its class in the bank's own register, such as high
    data: tuple[str, ...] = ()  # classes of data it works on, such as customer, payment, health
    segments: tuple[str, ...] = ()  # keys of the records' `segment`, or features: each value is judged by itself
    report_to: tuple[str, ...] = ()  # addresses that its weekly report is mailed to; empty: those of `reports.mail_by`
    upstreams: tuple[str, ...] = ()  # systems it depends on; troubles of models that share one are one incident


def read_models(table: Any, where: str) -> dict[str, ModelInfo]:
    """The patterns in the order of the file. Raises SettingError that names the file and key."""
    if not isinstance(table, dict):
        raise SettingError(f'{where}: [models] must hold tables like [models."card-*"]')
    result = {}
    for pattern, info in table.items():
        if isinstance(info, dict):
            for key in info:
                if key not in ModelInfo.__struct_fields__:
                    text = unknown(f"key in [models.{pattern!r}]", key, ModelInfo.__struct_fields__)
                    raise SettingError(f"{where}: {text}")
        try:
            result[pattern] = msgspec.convert(info, ModelInfo)
        except msgspec.ValidationError as e:
            raise SettingError(f"{where}: models.{pattern}: {e}; got {info!r}") from e
        for address in result[pattern].report_to:
            if not ADDRESS.fullmatch(address):
                raise SettingError(
                    f"{where}: models.{pattern}.report_to: {address!r} is no address like a@bank.example"
                )
        _check_segments(result[pattern].segments, f"{where}: models.{pattern}.segments")
    return result


def _check_segments(names: tuple[str, ...], where: str) -> None:
    """Each name costs tests and memory, and `name=value` is how a segment is written."""
    if len(names) > MOST_SEGMENT_KEYS:
        raise SettingError(f"{where}: {len(names)} names are too many; at most {MOST_SEGMENT_KEYS}")
    for name in names:
        if not name or "=" in name or "," in name:
            raise SettingError(f"{where}: {name!r} cannot be a segment's name; a name has neither '=' nor ','")
    if len(set(names)) < len(names):
        raise SettingError(f"{where}: a name stands there twice: {', '.join(names)}")
