"""The newest version of a model and when it was first heard: a release is the first thing people ask about.

The version (or versions) that a model began with is no release. Which one is the newest follows from when each was
first heard, so it is known again after a restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from monitors.week import DAY_NS
from schemas.events import MINUTE_NS


class Release(NamedTuple):
    """A version that came after others; `at_ns` is the minute in which it was first heard."""

    version: str
    at_ns: int


NEAR_NS = DAY_NS  # what begins later than this after a release is not told with it


def newest(heard: Iterable[Release]) -> Release | None:
    """Of all versions of a model with their first minutes; None while there is none but the first.

    >>> newest([Release("1", 0), Release("2", 60), Release("1b", 0)])
    Release(version='2', at_ns=60)
    """
    versions = list(heard)
    first = min((version.at_ns for version in versions), default=0)
    later = [version for version in versions if version.at_ns > first]
    return max(later, key=lambda version: (version.at_ns, version.version), default=None)


def near(release: Release | None, at_ns: int) -> bool:
    """Whether something seen in the pane that ended at `at_ns` came soon after the release."""
    return release is not None and release.at_ns < at_ns <= release.at_ns + NEAR_NS


def said(release: Release | None, at_ns: int) -> str:
    """In words; "" where no release was near.

    >>> said(Release("4.2", 0), 12 * MINUTE_NS)
    'a new version 4.2 began 12 minutes before'
    """
    if release is None or not near(release, at_ns):
        return ""
    minutes = (at_ns - release.at_ns) // MINUTE_NS
    hours = minutes // 60
    many = f"{minutes} minute{'s' * (minutes != 1)}" if hours < 2 else f"{hours} hours"
    return f"a new version {release.version} began {many} before".replace("version  ", "version without a name ")
