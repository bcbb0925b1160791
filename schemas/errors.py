"""Every error Mirqab raises on purpose, sorted by what the caller should do next.

    MirqabError
    ├── Retryable            wait and try again; the text says what is being waited for
    │   ├── StoreUnavailable
    │   ├── BrokerUnavailable
    │   └── GrafanaUnavailable
    └── Fatal                stop; the text says what to change
        ├── SettingError     a setting is unknown, malformed or contradicts another
        ├── UsageError       a command was given something it cannot use
        ├── StoreRefused     the store answered, and the answer will not change by itself
        ├── GrafanaRefused   Grafana answered, and the answer will not change by itself
        ├── TopicError       a topic is missing or made in a way that would lose data
        ├── BaselineError    a baseline cannot be made or used
        ├── RuleError        a rule file is malformed
        └── Stalled          the worker makes no progress; the process must end

A record that cannot be read is none of these: it is a `schemas.events.Reject`, which is data.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MirqabError(Exception):
    """Base of all; its text is one sentence for a person."""


class Retryable(MirqabError):
    """Waiting and trying again may help."""


class Fatal(MirqabError):
    """Trying again will not help; the text says what to change."""


class StoreUnavailable(Retryable):
    """The store did not answer, or answered that it is busy."""


class BrokerUnavailable(Retryable):
    """The broker did not answer."""


class GrafanaUnavailable(Retryable):
    """Grafana did not answer."""


class SettingError(Fatal):
    """A setting is unknown, malformed or contradicts another."""


class UsageError(Fatal):
    """A command was given something it cannot use."""


class StoreRefused(Fatal):
    """The store answered, and the answer will not change by itself."""


class GrafanaRefused(Fatal):
    """Grafana answered, and the answer will not change by itself. `status` is that of HTTP."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text, status)
        self.text = text
        self.status = status

    def __str__(self) -> str:
        return self.text


class TopicError(Fatal):
    """A topic is missing or made in a way that would lose data."""


class BaselineError(Fatal):
    """A baseline cannot be made or used."""


class RuleError(Fatal):
    """A rule file is malformed."""


class Stalled(Fatal):
    """The worker makes no progress; the process must end."""


def unknown(kind: str, given: str, known: Iterable[str]) -> str:
    """One sentence that names the culprit and the nearest valid names."""
    choices = sorted(known)
    near = get_close_matches(given, choices, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(choices)}"
    return f"unknown {kind} {given!r}; {hint}"
