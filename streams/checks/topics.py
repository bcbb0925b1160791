"""The topics: there, and made in a way that loses nothing."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.errors import Retryable, SettingError
from schemas.settings import Settings
from streams import topics
from streams.checks import FAILED, OK, WARNING, Finding


def check(settings: Settings, config: str | None) -> Iterator[Finding]:
    """Our own topics that are missing are no fault yet: the worker makes them."""
    try:
        missing = topics.missing(settings.kafka)
        faults, unchecked = topics.faults(settings.kafka, of_missing=False)
    except (Retryable, SettingError):
        yield Finding("topics", WARNING, "not checked: no broker lets us in", "see broker")
        return
    for fault in faults:
        text, remedy = _parts(fault)
        yield Finding("topics", FAILED, text, remedy)
    if missing:
        yield Finding(
            "topics", WARNING, f"not made yet: {', '.join(missing)}", "start `mirqab worker`, which makes them"
        )
    for text in unchecked:
        yield Finding("topics", WARNING, text, "ask whoever runs the broker, or let us describe topic configurations")
    if not (faults or missing or unchecked):
        yield Finding("topics", OK, f"{', '.join(settings.kafka.topics)} and our own are there and keep their records")


def _parts(fault: str) -> tuple[str, str]:
    """Fault and remedy. `kafka.topics: unknown topic 'x'; did you mean y?` and `t is compacted ...: command`."""
    text, _, remedy = fault.partition("; " if fault.startswith("kafka.topics") else ": ")
    return text, remedy
