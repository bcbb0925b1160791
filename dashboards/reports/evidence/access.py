"""Who saw what: texts and pseudonyms revealed, excerpts shown, keys deleted, reports opened, evidence handed out."""

from __future__ import annotations

from dashboards.console.words import clock_time, count, iso
from dashboards.reports.document import Facts, Section, Table, Text
from dashboards.reports.evidence import Pack
from schemas.actions import ACCESS

PLACE = 55
NAME = "access"
SHOWN = 200
MEANS = {
    ("reveal", "principal"): "texts, or the name behind a pseudonym, in clear",
    ("reveal", "alert"): "masked excerpts on an alert's page",
    ("erase", "principal"): "data keys deleted: the texts cannot be read again",
    ("rewrap", "master"): "data keys wrapped by another master key",
    ("open", "report"): "a report opened in the console",
    ("export", "evidence"): "an evidence pack was made",
    ("export", "audit"): "the audit chain was exported",
}
HEADS = ("When", "Who", "Did", "On", "How many", "What that is", "Why")


async def evidence(pack: Pack) -> Section:
    rows = [a for a in await pack.ask("evidence_acts") if a["action"] in ACCESS]
    cells = tuple(
        (
            *(clock_time(a["at_ns"]), a["actor"], a["action"], f"{a['kind']} {a['subject']}", a["value"] or "–"),
            *(MEANS.get((a["action"], a["kind"]), "–"), a["reason"]),
        )
        for a in rows[-SHOWN:]
    )
    privacy = pack.settings.privacy
    facts = Facts(
        (
            ("Texts are kept as", privacy.text),
            ("Principals are replaced by pseudonyms", "yes" if privacy.pseudonyms else "no"),
            ("Characters of a masked excerpt", count(privacy.excerpt) if privacy.excerpt else "none are shown"),
            ("Acts of this kind", count(len(rows)) + (f", the last {SHOWN} below" if len(rows) > SHOWN else "")),
        )
    )
    gaps = [
        "who looked at other pages is not recorded here; a proxy that signs people in knows it",
        "whoever reads the database directly is in its own query log, not here",
    ]
    if pack.settings.store.url and not pack.settings.console.writer_username:
        gaps.append("the console of these settings cannot write, so who opened reports in it is not recorded")
    if privacy.text == "plain":
        gaps.append("texts are kept in clear (privacy.text), so that reading the table reveals them")
    block = Table(HEADS, cells, frozenset({4})) if cells else Text("Nothing was revealed or opened in this time.")
    keys = ("actor", "action", "kind", "subject", "value", "reason")
    data = {"access": [{k: a[k] for k in keys} | {"at": iso(a["at_ns"])} for a in rows], "gaps": gaps}
    return Section(NAME, "Who saw what", (facts, block), data)
