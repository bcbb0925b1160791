"""The console as one ASGI app: a page per module of `pages`, its main part alone on request, `/login`, `/healthz`.

Reads only through the reader it is given and writes nothing. It starts no server: `mirqab console` and the embedded
mode mount it with uvicorn.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

import jinja2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

import dashboards.console.pages
from dashboards.console import words
from dashboards.console.acting import Acting, Refused, Write, posted
from dashboards.console.guard import REPORT, Guard, check_listening
from dashboards.console.login import COOKIE, HOLDS_S, make_cookie, same
from dashboards.console.view import Asker, Clock, NotFound, View
from dashboards.reader import Reader
from schemas.errors import MirqabError, StoreUnavailable, UsageError
from schemas.rules import Rule
from schemas.settings import Settings

HERE = Path(__file__).parent
NAVIGATION = (
    ("/", "Overview"),
    ("/incidents", "Incidents"),
    ("/alerts", "Alerts"),
    ("/reports", "Reports"),
    ("/rejects", "Rejects"),
    ("/coverage", "Coverage"),
    ("/drills", "Drills"),
    ("/wellness", "Mirqab itself"),
)
PART = "x-mirqab-part"  # the header with which our script asks for the main part of a page alone
WRONG_TOKEN_S = 0.5  # the pause after a wrong token, so that guessing is slow


def create_app(
    reader: Reader,
    settings: Settings,
    clock: Clock,
    rules: Iterable[Rule],
    *,
    seconds: Callable[[], float] = time.time,
    write: Write | None = None,
) -> ASGIApp:
    """The console. `clock` is the models' time; `seconds` the wall clock, for the age of a sign-in and for acts.

    `write` stores what people do; without it the console only shows.

    Raises SettingError if `settings.console` would open it to others without a sign-in.
    """
    check_listening(settings.console)
    site = Site(reader, settings, clock, rules, seconds)
    site.acting = Acting(settings.console, site.asker, seconds, write) if write is not None else None
    routes = [Route(page.PATH, site.endpoint(page)) for page in pages()]
    routes.append(Route(REPORT, site.report))
    routes.append(Route("/healthz", site.healthz))
    routes.append(Route("/login", site.login, methods=["GET", "POST"]))
    if site.acting is not None:
        routes.append(Route("/act", site.act, methods=["POST"]))
    static = Mount("/static", StaticFiles(directory=HERE / "static"))
    app = Starlette(routes=[*routes, static], exception_handlers={HTTPException: site.http_error})
    return Guard(app, settings.console, seconds, acting=write is not None)


def pages() -> list[ModuleType]:
    """Every page: the modules of the folder `pages`, sorted by name."""
    found = sorted(m.name for m in iter_modules(dashboards.console.pages.__path__))
    return [import_module(f"dashboards.console.pages.{name}") for name in found]


def environment() -> jinja2.Environment:
    """Templates that escape everything and fail on a name that does not exist."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("count", "number", "share", "size", "duration", "iso", "reading", "title", "given"):
        made.filters[name] = getattr(words, name)
    made.globals["address"] = words.address
    made.globals["ABSENT"] = words.ABSENT
    return made


class Site:
    """The pages over one reader."""

    def __init__(
        self, reader: Reader, settings: Settings, clock: Clock, rules: Iterable[Rule], seconds: Callable[[], float]
    ) -> None:
        self.asker = Asker(reader)
        self.settings = settings
        self.clock = clock
        self.rules = {rule.id: rule for rule in rules}
        self.seconds = seconds
        self.acting: Acting | None = None
        self.templates = environment()

    def endpoint(self, page: ModuleType) -> Callable[[Request], Any]:
        """The page's answer: whole, or its main part alone if our script asks."""
        template = page.__name__.rpartition(".")[2] + ".html"

        async def answer(request: Request) -> Response:
            query = {**request.query_params, **request.path_params}
            wall_ns = int(self.seconds() * 1e9)
            view = View(self.asker, self.settings, self.rules, self.clock.now_ns(), query, wall_ns)
            try:
                values = {"title": page.TITLE, **await page.gather(view)}
                if self.acting is not None and "excerpts" in values:
                    await self.acting.showed(request, values["alert"]["id"], len(values["excerpts"]))
                return self.render(request, template, values)
            except NotFound as e:
                return self.message(request, "Not found", str(e), 404)
            except StoreUnavailable as e:
                return self.message(request, "The store does not answer", _sentence(e), 503)
            except MirqabError as e:
                return self.message(request, "The store cannot answer", _sentence(e), 500)

        return answer

    def render(self, request: Request, template: str, values: dict[str, Any], status: int = 200) -> Response:
        now = self.clock.now_ns()
        known = {
            "now_ns": now,
            "navigation": NAVIGATION,
            "path": request.url.path,
            "part": request.headers.get(PART) == "main",
            "user": request.headers.get(self.settings.console.proxy_header or "-", ""),
            "csrf": self.acting.token(request) if self.acting is not None else "",
            "age": lambda ns: words.age(ns, now),
            "axis_time": lambda ns: words.axis_time(ns, now),
            "clock_time": lambda ns: words.clock_time(ns, now),
        }
        return HTMLResponse(self.templates.get_template(template).render({**known, **values}), status)

    def message(self, request: Request, heading: str, text: str, status: int) -> Response:
        return self.render(request, "message.html", {"title": heading, "text": text}, status)

    async def http_error(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return self.message(request, "Not found", "There is no page at this address.", status)

    async def act(self, request: Request) -> Response:
        """What a form of ours asked for is written down; then the page it came from, anew."""
        assert self.acting is not None
        try:
            return RedirectResponse(await self.acting.take(request), 303)
        except Refused as e:
            return self.message(request, "Not written down", str(e), 403)
        except UsageError as e:
            return self.message(request, "Not written down", _sentence(e), 400)
        except MirqabError as e:
            return self.message(request, "Not written down: the store does not take it", _sentence(e), 503)

    async def report(self, request: Request) -> Response:
        """One stored report as it was made."""
        about = {name: request.query_params.get(name, "") for name in ("kind", "model", "period")}
        try:
            rows = await self.asker.ask("report_stored", **about)
        except MirqabError as e:
            return self.message(request, "The store cannot answer", _sentence(e), 503)
        if not rows:
            return self.message(request, "Not found", "There is no such report in the store.", 404)
        if self.acting is not None:
            await self.acting.opened(request, **about)
        return HTMLResponse(rows[0]["html"])

    async def healthz(self, request: Request) -> Response:
        """200 "ok" if the store answers, 503 if not; nothing else is told."""
        try:
            await self.asker.ask("alive")
        except MirqabError:
            return PlainTextResponse("the store does not answer\n", 503)
        return PlainTextResponse("ok\n")

    async def login(self, request: Request) -> Response:
        """The form, and the cookie for whoever shows the token."""
        token = self.settings.console.token
        if not token:
            return RedirectResponse("/", 303)
        if request.method != "POST":
            return self.render(request, "login.html", {"title": "Sign in", "wrong": False})
        if not same((await posted(request)).get("token", ""), token):
            await asyncio.sleep(WRONG_TOKEN_S)
            return self.render(request, "login.html", {"title": "Sign in", "wrong": True}, 403)
        answer = RedirectResponse("/", 303)
        cookie = make_cookie(token, int(self.seconds()))
        secure = request.url.scheme == "https"
        answer.set_cookie(COOKIE, cookie, HOLDS_S, httponly=True, samesite="strict", secure=secure)
        return answer


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
