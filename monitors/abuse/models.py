"""A principal that tries one model after the other: how many it asks for the first time within two hours.

Against the most that any other principal has begun to ask within one hour. Models that are new themselves do not count.

Blind spots. Models are spread over `kafka.partitions` shards, each of which sees its own; whoever tries few is not
noticed. Attempts at models that do not exist are logged nowhere. A gateway that goes live looks the same.
"""

from __future__ import annotations

from collections.abc import Iterable

from monitors.abuse import SURE, Access, Found, rank

METRIC = "abuse.models"


def seen(access: Access) -> Iterable[Found]:
    """Those who have just asked models for the first time."""
    for name, models in sorted(access.contacts.items()):
        others = access.others_contacts
        most = max(others, default=0)
        why = f"asked {len(models)} models for the first time within two hours; {len(others)} others {most} at most"
        evidence = {"models": list(models)}
        p = rank(len(models), others)
        yield Found(METRIC, name, len(models), len(models), most, p, SURE, len(models), why, evidence)
