"""The asset register: every model version that answered, with what settings say of it, and those nobody registered."""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from typing import Any

from dashboards.console.words import count, iso, share
from dashboards.reports.document import Section, Table, Text
from dashboards.reports.evidence import Pack
from schemas.baselines import PROPOSED
from schemas.events import OTHER

PLACE = 10
NAME = "assets"
HEADS = ("Model", "Owner", "Class", "Purpose and data", "File", "Answered", "Answers", "Watched by")


async def evidence(pack: Pack) -> Section:
    rows = await register(pack)
    gaps = [f"{r['model']} {r['version']}: {gap}" for r in rows for gap in r["gaps"]]
    cells = tuple(
        (
            *(f"{r['model']} {r['version']}".strip(), f"{r['owner'] or 'nobody'}, team {r['team']}"),
            *(f"{r['criticality']}, risk {r['risk'] or 'not stated'}", _use(r), _files(r)),
            *(f"{r['first'][:10]} to {r['last'][:10]}", count(r["answers"])),
            f"{r['rules']} rules, {share(r['scored'])} scored, {r['baseline'] or 'no baseline'}",
        )
        for r in rows
    )
    marked = frozenset(i for i, r in enumerate(rows) if not r["registered"])
    block = Table(HEADS, cells, frozenset({6}), marked) if cells else Text("No model answered in this time.")
    return Section(NAME, "Asset register", (block,), {"assets": rows, "gaps": gaps})


async def register(pack: Pack) -> list[dict[str, Any]]:
    """One entry per model version: what was seen of it, what settings say, and what is missing."""
    seen = await pack.ask("evidence_assets")
    metrics: defaultdict[str, set[str]] = defaultdict(set)
    for row in await pack.ask("evidence_rules"):
        if row["with_value"]:
            metrics[row["model"]].add(row["metric"])
    listed = await pack.ask("baselines_of", model="")
    files = {(row["model"], row["version"]): row["artifacts"] for row in await pack.ask("artifacts_of")}
    found = []
    for row in seen:
        info = pack.settings.model(row["model"])
        registered = any(fnmatchcase(row["model"], pattern) for pattern in pack.settings.models)
        baselines = [b for b in listed if (b["model"], b["version"]) == (row["model"], row["version"])]
        used = next((b for b in baselines if b["origin"] != PROPOSED), None)
        entry: dict[str, Any] = {
            "model": row["model"], "version": row["version"], "registered": registered, "owner": info.owner,
            "team": info.team, "risk": info.risk, "criticality": info.criticality, "purpose": info.purpose,
            "environment": info.environment, "data": list(info.data), "upstreams": list(info.upstreams),
            "found": [kind for kind in row["findings"] if kind.startswith(("pii.", "secret."))],
            "first": iso(row["first_ns"]), "last": iso(row["last_ns"]), "answers": int(row["events"]),
            "artifacts": list(files.get((row["model"], row["version"]), [])),
            "more_artifacts": (row["model"], OTHER) in files,
            "principals": int(row["principals"]), "scored": row["scored"] / row["events"],
            "baseline": used["id"] if used else "",
            "rules": sum(rule.metric in metrics[row["model"]] for rule in pack.rules.values()),
        }  # fmt: skip
        found.append({**entry, "gaps": _gaps(entry)})
    return found


def _use(entry: dict[str, Any]) -> str:
    """What it is for, the classes of data it is said to work on, and those that were found in its texts."""
    data = ", ".join([*entry["data"], *entry["found"]]) or "data not stated"
    return f"{entry['purpose'] or 'purpose not stated'}; {data}"


def _files(entry: dict[str, Any]) -> str:
    """The files it was loaded from, the last ones, as the begin of their hashes."""
    return ", ".join(file[:16] for file in entry["artifacts"][-3:]) or "not logged"


def _gaps(entry: dict[str, Any]) -> list[str]:
    gaps = []
    if not entry["registered"]:
        gaps.append("it answers, and no [models] pattern of the settings names it (a shadow model)")
    else:
        gaps += [
            f"its {name} is not in the settings" for name in ("owner", "purpose", "risk", "data") if not entry[name]
        ]
    if len(entry["artifacts"]) > 1:
        gaps.append(f"it was loaded from {len(entry['artifacts'])} different files under one version")
    if entry["more_artifacts"]:
        gaps.append("its log names more files than are kept (line.max_artifacts): is its artifact_hash a file's?")
    if not entry["baseline"]:
        gaps.append("it has no baseline, so its inputs are not compared with anything")
    if not entry["rules"]:
        gaps.append("no rule had a reading with enough data on it")
    return gaps
