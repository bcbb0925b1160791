"""What `mirqab doctor` looks at: one module per dependency, each with `check(settings, config)`, found by its name.

A check says what it found and what to do about it. It changes nothing, except that the store writes one row of its own
to see that it can. A check that cannot be made is not passed: it is a warning that says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from ipaddress import ip_address
from pkgutil import iter_modules

from schemas.errors import MirqabError
from schemas.settings import Settings

OK, WARNING, FAILED = "ok", "warning", "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table; `remedy` is empty where nothing is to be done."""

    check: str
    state: str
    text: str
    remedy: str = ""


Check = Callable[[Settings, str | None], Iterable[Finding]]


def checks() -> dict[str, Check]:
    """Every check by name, in order. `config` is the settings file of the command line, if one was given."""
    return {m.name: import_module(f"{__name__}.{m.name}").check for m in iter_modules(__path__)}


def run_checks(settings: Settings, config: str | None) -> list[Finding]:
    """The findings of all checks. One that raises is a finding too, so that the others are still made."""
    found: list[Finding] = []
    for name, check in sorted(checks().items()):
        try:
            found += check(settings, config)
        except MirqabError as e:
            found.append(failed(name, e))
        except Exception as e:
            found.append(Finding(name, FAILED, f"the check itself broke: {type(e).__name__}: {e}", "report this"))
    return found


def failed(check: str, error: MirqabError, state: str = FAILED) -> Finding:
    """Our errors say what was wrong and, behind a semicolon, what to do."""
    text, _, remedy = str(error).partition("; ")
    return Finding(check, state, text, remedy)


def is_local(host: str) -> bool:
    """True if an address to listen on can be reached from this machine only."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
