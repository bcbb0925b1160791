"""Everything on this machine: three real models answer a stream of requests, then things break, and you watch.

It loads 14 simulated days, then goes on live, faster than time, until it meets the present. A feature drifts, a client
attacks, a model is released in silence, a feature is lost, a client falls silent, answers slow down. Ctrl-C ends all.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
import threading
import time
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import UsageError
from schemas.modelinfo import ModelInfo
from schemas.settings import Settings
from streams.demo.clock import Clock, last_opening
from streams.demo.messages import WEEK, Order
from streams.ruleset import read_rules

if TYPE_CHECKING:
    from streams.onebox import Box

HELP = "everything on this machine: real models, real attacks on them, drift; then open the console"
TOPIC = "inference"
SETTINGS = "mirqab.toml"  # in the folder that is kept
OWNERS = {
    "card-payments": ModelInfo(team="payments", owner="Card fraud desk", criticality="high", purpose="stops fraud"),
    "phishing-sites": ModelInfo(team="security", owner="Mail security", criticality="medium", purpose="judges links"),
    "cheque-digit-reader": ModelInfo(
        team="payments", owner="Cheque clearing", criticality="high", purpose="reads sums"
    ),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """How fast, how long, where."""
    parser.add_argument("--speed", type=float, default=1.0, help="simulated minutes per second (default 1)")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="end the live phase after this many seconds")
    parser.add_argument("--days", type=float, default=14.0, help="days of history to load first (default 14)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the console in a browser")
    parser.add_argument("--folder", metavar="DIR", help="keep the data in this new or empty folder")
    parser.add_argument("--port", type=int, help="port of the console; a free one if it is taken")


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Play until the duration is over or the process is interrupted."""
    if not 0 < args.speed <= 60:
        raise UsageError(f"--speed is {args.speed:g}; give more than 0 and at most 60 simulated minutes per second")
    if not 0 < args.days <= 60:
        raise UsageError(f"--days is {args.days:g}; give more than 0 and at most 60 days")
    if args.days < WEEK:
        say(few_days(args.days))
    say("starting the broker, the store, the worker and the console")
    # Imported here, because the list of all commands imports every command's module, and these cost seconds.
    from streams import onebox, web

    with ExitStack() as stack:
        folder = args.folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="mirqab-demo-"))
        if args.folder and Path(folder).exists() and any(Path(folder).iterdir()):
            raise UsageError(f"{folder} is not empty; the demo needs a new or empty folder")
        settings = demo_settings(settings, folder, args.port)
        rules = read_rules(settings)
        bound = web.bind(settings.console.host, settings.console.port, or_free=True)
        if args.folder:
            keep_settings(Path(folder))
        live_ns = last_opening(time.time_ns())
        clock = Clock(live_ns, args.speed)

        found = {"events": 0, "alerts": 0, "rejects": 0}

        async def body(box: Box) -> None:
            await perform(box, clock, args, found)

        code = onebox.run(lambda: onebox.run_box(settings, rules, clock, bound, body))
    say(", ".join(f"{n:,} {name}" for name, n in found.items()))
    if args.json:
        print(json.dumps(found), flush=True)
    return code


async def perform(box: Box, clock: Clock, args: argparse.Namespace, found: dict[str, int]) -> None:
    """The play; at its end, however it came, `found` says what was stored."""
    from streams.demo.play import Play, counts

    order = Order(box.settings.kafka.brokers, TOPIC, clock.start_ns, args.days, args.speed)
    say(f"three models are trained and {args.days:g} days of their past are loaded; the console is at {box.url}")

    def live() -> None:
        say(f"live at {args.speed:g} simulated minutes a second; open {box.url}; Ctrl-C ends everything")
        if not args.no_browser:
            # A daemon, because some browsers hold up their caller until they are closed.
            threading.Thread(target=open_browser, args=(box.url,), daemon=True).start()

    try:
        await Play(box, order, clock, say, live, args.duration).run()
    finally:
        found.update(await counts(box))


def few_days(days: float) -> str:
    """What less than a week of history means for what will break."""
    from streams.demo.scenes import all_scenes

    lost = " and ".join(scene.name.replace("-", " ") for scene in all_scenes() if scene.unsure(days))
    more = "; with less than a day other troubles go unseen, too" if days < 1 else ""
    return (
        f"{days:g} days of history are less than a week: drift opens tickets then and wakes nobody, "
        f"and of what breaks {lost} are told late or not at all{more}; --days {WEEK} shows all"
    )


def demo_settings(settings: Settings, folder: str, port: int | None) -> Settings:
    """The user's settings with the demo's own traffic: its topic, folder and models."""
    settings = settings.replace("kafka", topics=[TOPIC], partitions=1)
    settings = settings.replace("store", url="", folder=folder)
    # Blocks are timed by the simulated clock: an hour of it is a minute at the default speed.
    settings = settings.with_format("json_lines").replace("line", linger_seconds=0.5, block_seconds=3600.0)
    if port is not None:
        settings = settings.replace("console", port=port)
    return dataclasses.replace(settings, models={**OWNERS, **settings.models})


def keep_settings(folder: Path) -> None:
    """Write the settings with which other commands look into the demo's folder once it has ended."""
    lines = ["[kafka]", f'topics = ["{TOPIC}"]', "partitions = 1", "", "[store]"]
    lines.append(f"folder = {json.dumps(str(folder.absolute()), ensure_ascii=False)}")
    for name, info in OWNERS.items():
        said = {"team": info.team, "owner": info.owner, "criticality": info.criticality, "purpose": info.purpose}
        lines += ["", f'[models."{name}"]', *(f"{key} = {json.dumps(value)}" for key, value in said.items())]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SETTINGS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    say(f"what other commands need to look into it afterwards: --config {folder / SETTINGS}")


def open_browser(url: str) -> None:
    """Open a browser in a window of its own, if there is one; a text browser would take the terminal."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if not isinstance(browser, webbrowser.GenericBrowser) or isinstance(browser, webbrowser.BackgroundBrowser):
        browser.open(url)


def say(text: str) -> None:
    """One line for the person at the terminal."""
    print(f"mirqab demo: {text}", file=sys.stderr, flush=True)
