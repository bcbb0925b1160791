"""Pages of the console over a real store: what a person reads, and that nothing from a log is taken for markup."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from dashboards.console.app import PART, create_app, pages
from dashboards.console.view import DAY_NS
from dashboards.console.words import address
from dashboards.reader import ClickHouseReader, connect
from schemas.settings import Settings
from tests.support import seed
from tests.support.clickhouse import ClickHouseProcess
from tests.support.console import RULES, SETTINGS, make_store
from tests.support.seed_traffic import minutes


@pytest.fixture(scope="module")
def filled(clickhouse: ClickHouseProcess) -> Iterator[ClickHouseReader]:
    reader = connect(make_store(clickhouse, "console_pages"), size=2)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def empty(clickhouse: ClickHouseProcess) -> Iterator[ClickHouseReader]:
    reader = connect(make_store(clickhouse, "console_new", filled=False), size=2)
    yield reader
    reader.close()


def browser(reader: object, settings: Settings = SETTINGS, **options: object) -> httpx.AsyncClient:
    app = create_app(reader, settings, seed.Clock(), RULES)  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost", **options)  # type: ignore[arg-type]


async def read(reader: object, path: str, status: int = 200) -> str:
    async with browser(reader) as client:
        answer = await client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def words(page: str) -> str:
    """What a person reads: tags out, white space as one blank."""
    text = re.sub(r"<[^>]*>", " ", page)
    return re.sub(r"\s+", " ", text.replace("&#39;", "'").replace("&amp;", "&"))


async def test_the_overview_puts_the_most_severe_first_and_names_who_answers(filled: ClickHouseReader) -> None:
    text = words(await read(filled, "/"))
    assert text.index("card-fraud") < text.index("churn") < text.index("kyc-documents") < text.index("credit-score")
    assert "fraud, L. Haddad" in text
    assert "no events for 46 min" in text
    assert "no baseline yet" in text
    assert "events per minute, last 15 min" in text


async def test_a_newcomer_is_told_what_to_do(empty: ClickHouseReader) -> None:
    text = words(await read(empty, "/"))
    assert "No events yet: send some with mirqab send FILE" in text
    assert "No alerts so far" in words(await read(empty, "/alerts"))
    assert "Nothing was rejected" in words(await read(empty, "/rejects"))
    assert "has not read any record yet" in words(await read(empty, "/wellness"))


async def test_an_alert_page_says_what_who_how_sure_and_what_next(filled: ClickHouseReader) -> None:
    text = words(await read(filled, "/alerts/a1"))
    for part in (
        "The input velocity_1h of card-fraud no longer looks as it did",
        "at most 1 false page per month",
        "3.0 × 10⁻¹³",
        "segment country=QA",
        "34.0 %",
        "One input is distributed differently than it was.",
        "Roll back the feature pipeline.",
        "mirqab replay --stored --model card-fraud --until 2026-03-02T09:28:30Z",
        "The input amount of card-fraud",
        "merchant_type",
        "a min_effect of 0.35, a min_n of 2,101, only about 880 events of the same kind or 1/4,000",
        "Inputs moved first, scores 10 min later; fields and decisions did not move.",
        "When it was last quiet, at 09:17:30",
        "Inputs that moved at that time",
        "Where it comes from",
        "channel=branch (most at 8–10) 71.0 %",
        "Looks like a release version 7 began 12 minutes before; weighed: release 81.0 %, attack 4.0 %",
    ):
        assert part in text, part
    assert "AML.T0024.002" in await read(filled, "/alerts/a2")
    assert "partner-17" in await read(filled, "/alerts/a2")


async def test_a_principal_page_says_why_to_look_what_it_asked_and_who_asks_alike(filled: ClickHouseReader) -> None:
    assert "/principal?name=partner-17" in await read(filled, "/alerts/a2")
    page = await read(filled, "/principal?name=partner-17")
    text = words(page)
    for part in (
        "partner-17 walks through card-fraud in small steps",
        "Techniques: AML.T0024.002",
        "from 1 alert",
        "How its queries hang together",
        "partner-18 62.2 % of its queries lie as near",
    ):
        assert part in text, part
    assert 'class="flip"' in page
    assert "mobile-app" not in text
    harmless = words(await read(filled, "/principal?name=mobile-app"))
    assert "no alert names it" in harmless
    assert "card-fraud" in harmless
    assert "Nobody with this name" in await read(filled, "/principal?name=nobody", 404)


async def test_an_incident_says_what_ties_it_who_was_told_and_what_people_did(filled: ClickHouseReader) -> None:
    text = words(await read(filled, "/incidents/i-a2"))
    for part in ("one model", "partner-17", "acknowledge by s.rahman", "somebody looks into it", "partner-17 walks"):
        assert part in text, part
    told = words(await read(filled, "/incidents/i-a1"))
    assert "duty trigger, change 0 accepted" in told
    listed = words(await read(filled, "/incidents"))
    assert "closed by s.rahman: drift" in listed
    assert "maintenance model churn" in listed
    assert "no incident with this id" in await read(filled, "/incidents/nope", 404)
    assert "1 of 1 like it, on this model: 22.4 % to 97.5 % with 90 % certainty" in words(
        await read(filled, "/alerts/a1")
    )


async def test_coverage_says_what_is_not_watched(filled: ClickHouseReader) -> None:
    text = words(await read(filled, "/coverage"))
    assert "2 rules on" in text
    assert "No receiver of pages is configured here" in text
    assert "what is not Labels contradict no readings" in text


async def test_alerts_are_narrowed_by_the_address(filled: ClickHouseReader) -> None:
    tickets = words(await read(filled, "/alerts?level=ticket&model=card-fraud"))
    assert "partner-17 walks" in tickets
    assert "velocity_1h" not in tickets
    assert "support-assistant fails" not in words(await read(filled, "/alerts?state=resolved"))
    assert "velocity_1h" in await read(filled, "/alerts?level=nonsense"), "an unknown choice is no choice"


async def test_a_model_page_shows_every_metric_and_feature(filled: ClickHouseReader) -> None:
    text = words(await read(filled, "/model?name=card-fraud"))
    for part in ("Latency, median", "Unusual events", "Failed answers", "velocity_1h", "events per minute", "25,731"):
        assert part in text, part
    assert "mobile-app" in text
    assert "46 events of version 7" in text
    assert "Version Began Last heard Baseline 7 " in text
    assert "Not enough data" not in text
    none = words(await read(filled, "/model?name=card-fraud&version=8"))
    assert "Not enough data: in the time shown nothing of this version was compared with a baseline" in none
    unheard = words(await read(filled, "/model?name=credit-score&version=unheard"))
    assert "no baseline yet: nothing is compared" in unheard


async def test_mirqab_says_which_rules_are_blind(filled: ClickHouseReader) -> None:
    text = words(await read(filled, "/wellness"))
    assert "1 of 2 rules had readings in the last hour" in text
    assert "no readings" in text
    assert "last round, 9 min ago: " in text
    assert "no round has ended yet" in text


async def test_drills_say_what_was_seen_what_is_lost_and_what_could_not_be_tried(filled: ClickHouseReader) -> None:
    text = words(await read(filled, "/drills"))
    assert "1 of 3 seen as ticket or page" in text
    assert re.search(r"lost strong silence was seen .* by model_silent and is not any more", text)
    assert "an input goes missing" in text
    assert "after 10 min, 90 of 3,000 records feature_missing" in text
    assert "it needs two labels" in text
    assert "card-fraud" not in words(await read(filled, "/drills?model=nobody"))


async def test_rejects_show_their_reason_and_the_record_escaped(filled: ClickHouseReader) -> None:
    page = await read(filled, "/rejects")
    assert "ts is missing" in page
    assert '<pre tabindex="0">&lt;script&gt;alert(1)&lt;/script&gt;</pre>' in page


async def test_a_report_is_listed_and_opens_as_it_was_made(filled: ClickHouseReader) -> None:
    assert "weekly 2026-W09" in words(await read(filled, "/reports"))
    async with browser(filled) as client:
        answer = await client.get("/report?kind=weekly&model=card-fraud&period=2026-W09")
    assert "<p>Two of 8 features moved.</p>" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "no such report" in words(await read(filled, "/report?kind=weekly&model=x&period=y", 404))


async def test_what_is_not_there_is_said_kindly(filled: ClickHouseReader) -> None:
    assert "no alert with this id" in await read(filled, "/alerts/nope", 404)
    assert "no model with this name" in await read(filled, "/model?name=nope", 404)
    assert "no page at this address" in await read(filled, "/nope", 404)


async def test_the_part_is_the_page_without_its_frame(filled: ClickHouseReader) -> None:
    async with browser(filled) as client:
        part = (await client.get("/alerts", headers={PART: "main"})).text
        whole = (await client.get("/alerts")).text
    assert "<html" not in part
    assert "<nav" not in part
    assert part.strip() in whole


class Seen(HTMLParser):
    """Every element and attribute of a page, as a browser would build them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))


HOSTILE_PATHS = (
    "/", "/alerts", "/coverage", "/incidents", "/incidents/i-a1", "/rejects", "/wellness", "/alerts/h-json",
    *(f"/incidents/i-h{i}" for i in range(len(seed.HOSTILE))),
    *(f"/alerts/h{i}" for i in range(len(seed.HOSTILE))),
    *(f"/model?name={quote(name, safe='')}" for name in seed.HOSTILE),
    *(f"/alerts?model={quote(name, safe='')}" for name in seed.HOSTILE),
)  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE_PATHS)
async def test_nothing_from_a_log_becomes_markup(path: str, filled: ClickHouseReader) -> None:
    page = await read(filled, path)
    seen = Seen()
    seen.feed(page)
    scripts = [attributes for tag, attributes in seen.tags if tag == "script"]
    assert scripts == [{"src": "/static/console.js", "defer": ""}]
    for tag, attributes in seen.tags:
        assert not any(name.startswith("on") or name == "style" for name in attributes), (tag, attributes)
        for name in ("href", "src", "action"):
            target = attributes.get(name, "/")
            assert target.startswith(("/", "#")), (tag, target)
            assert not target.startswith("//"), (tag, target)


@pytest.mark.parametrize("name", seed.HOSTILE)
async def test_any_model_name_can_be_opened_by_its_link(name: str, filled: ClickHouseReader) -> None:
    overview = Seen()
    overview.feed(await read(filled, "/"))
    links = [a["href"] for tag, a in overview.tags if tag == "a" and a.get("href", "").startswith("/model?")]
    link = address("/model", name=name)
    assert link in links
    assert parse_qs(urlsplit(link).query)["name"] == [name]
    assert f"<h1>{escape(name).replace('&#x27;', '&#39;').replace('&quot;', '&#34;')}</h1>" in await read(filled, link)


async def test_a_store_that_is_away_gives_a_page_and_not_a_traceback(new_clickhouse: object) -> None:
    server = new_clickhouse()  # type: ignore[operator]
    reader = connect(make_store(server, "console_gone", filled=False), size=1)
    server.kill()
    text = words(await read(reader, "/", 503))
    assert "does not answer" in text
    async with browser(reader) as client:
        assert (await client.get("/healthz")).status_code == 503
    reader.close()


async def test_healthz_says_ok(filled: ClickHouseReader) -> None:
    assert await read(filled, "/healthz") == "ok\n"


def test_every_page_has_a_template_and_a_path() -> None:
    assert [page.PATH for page in pages()] == [
        "/alerts/{id}", "/alerts", "/coverage", "/drills", "/incidents/{id}", "/incidents", "/model", "/", "/principal",
        "/rejects", "/reports", "/talk", "/wellness",
    ]  # fmt: skip


async def test_older_history_is_not_called_none(clickhouse: ClickHouseProcess, filled: ClickHouseReader) -> None:
    """Drawn forty days later: nothing is recent, and all of it is there."""

    class Later:
        def now_ns(self) -> int:
            return seed.NOW_NS + 40 * DAY_NS

    store = make_store(clickhouse, "console_older", filled=False)
    client = clickhouse.client("console_older")
    minutes(client, random.Random(1), "loans", "1", 5, 0.0, ("teller",))
    client.close()
    reader = connect(store, size=2)
    for known, path, said, unsaid in (
        (reader, "/", "No events in the last 7 days; the last model was heard", "No events yet"),
        (filled, "/model?name=card-fraud", "Last judged minute:", "Last judged minute: never"),
        (filled, "/principal?name=nobody", "in the last 7 days", "Risk"),
    ):
        app = create_app(known, SETTINGS, Later(), RULES)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as asking:
            page = words((await asking.get(path)).text)
        assert said in page
        assert unsaid not in page
    reader.close()
