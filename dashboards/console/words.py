"""How numbers and times are said to a person: every number with its unit, absence as a dash, times in UTC.

Pure text; escaping is the template's work.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from monitors.silences import in_force
from schemas.actions import Action, window_of

ABSENT = "–"
SECOND_NS = 1_000_000_000


def given(value: object) -> bool:
    """Whether a number is there at all: neither None nor NaN."""
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def count(value: float | None) -> str:
    """A whole number with thin separators."""
    return f"{round(value):,}" if value is not None and math.isfinite(value) else ABSENT


def number(value: float | None) -> str:
    """A number with about three significant digits."""
    if value is None or math.isnan(value):
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1000:
        text = f"{value:,.0f}" if size < 1e9 else _power(value)
    elif size < 0.001:
        text = _power(value)
    else:
        text = f"{value:.3g}"
    return text.replace("-", "−")


def share(value: float | None) -> str:
    """A share in 0 to 1 as a percentage."""
    if value is None or not math.isfinite(value):
        return ABSENT
    percent = value * 100
    if 0 < percent < 0.01:
        return "< 0.01 %"
    return f"{percent:.{2 if percent < 1 else 1 if percent < 100 else 0}f} %"


def _power(value: float) -> str:
    mantissa, exponent = f"{value:.1e}".split("e")
    digits = str(int(exponent)).translate(str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"))
    return f"{mantissa} × 10{digits}"


def size(bytes_: float | None) -> str:
    """Bytes, in the unit that keeps the number short."""
    if bytes_ is None:
        return ABSENT
    for unit in ("B", "kB", "MB"):
        if bytes_ < 1000:
            return f"{bytes_:.0f} {unit}" if unit == "B" else f"{bytes_:.1f} {unit}"
        bytes_ /= 1000
    return f"{bytes_:.1f} GB"


def duration(ns: float | None) -> str:
    """A length of time in its largest one or two units."""
    if ns is None:
        return ABSENT
    seconds = int(abs(ns) // SECOND_NS)
    for unit, name, smaller, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= unit:
            whole, rest = divmod(seconds, unit)
            extra = f" {rest // smaller} {small}" if whole < 10 and rest // smaller and unit > 60 else ""
            return f"{whole} {name}{extra}"
    return f"{seconds} s"


def age(ns: int | None, now_ns: int) -> str:
    """How long ago, or in how long."""
    if not ns:
        return "never"
    ahead = ns - now_ns
    if abs(ahead) < 2 * SECOND_NS:
        return "now"
    return f"in {duration(ahead)}" if ahead > 0 else f"{duration(ahead)} ago"


def moment(ns: int | None) -> datetime | None:
    """The moment as UTC datetime; None for none or for one outside the calendar."""
    if not ns:
        return None
    try:
        return datetime.fromtimestamp(ns // SECOND_NS, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def iso(ns: int | None) -> str:
    """ISO 8601 in UTC, to the second."""
    at = moment(ns)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def clock_time(ns: int | None, now_ns: int = 0) -> str:
    """The time of day; with the date if that is another day than `now_ns`."""
    at, now = moment(ns), moment(now_ns)
    if at is None:
        return ABSENT
    if now and at.date() == now.date():
        return at.strftime("%H:%M:%S")
    if now and at.year == now.year:
        return f"{at.day} {at:%b %H:%M}"
    return f"{at.day} {at:%b %Y %H:%M}"


def axis_time(ns: int | None, now_ns: int) -> str:
    """The time at the end of a chart's axis: to the minute, with the date if that is another day."""
    at, now = moment(ns), moment(now_ns)
    if at is None:
        return ABSENT
    return f"{at:%H:%M}" if now and at.date() == now.date() else f"{at.day} {at:%b %H:%M}"


def address(path: str, **parameters: object) -> str:
    """An address of ours; names go into the query string, where no name can change the path."""
    kept = {key: str(value) for key, value in parameters.items() if value not in (None, "")}
    text = urlencode(kept, quote_via=quote, errors="replace") if kept else ""
    return f"{path}?{text}" if text else path


# Metric -> (name for a person, unit); a metric that is not listed is shown by its own name as a plain number.
METRICS = {
    "volume.events": ("Events per minute", "events/min"),
    "volume.silence": ("Silence of the model", "min"),
    "principal.silence": ("Silence of a principal", "min"),
    "errors.share": ("Failed answers", "share"),
    "latency.p50": ("Latency, median", "ms"),
    "latency.p95": ("Latency, 95 % are faster", "ms"),
    "latency.p99": ("Latency, 99 % are faster", "ms"),
    "latency.slow": ("Slow answers", "share"),
    "output.score_mean": ("Mean score", ""),
    "output.score_psi": ("Scores, PSI", ""),
    "output.prediction_psi": ("Predictions, PSI", ""),
    "anomaly.share": ("Unusual events", "share"),
    "feature.psi": ("PSI", ""),
    "feature.js": ("Jensen-Shannon distance", ""),
    "feature.wasserstein": ("Wasserstein distance, in the feature's unit", ""),
    "feature.missing": ("Missing", "share"),
    "feature.out_of_range": ("Out of range", "share"),
    "feature.unseen": ("Categories never seen", "share"),
    "labels.count": ("Labels that arrived", ""),
    "labels.accuracy": ("Labels that agree with the answer", "share"),
    "labels.brier": ("Brier score", ""),
    "labels.outstanding": ("Answers without a label yet", ""),
    "labels.errors": ("Wrong answers, by age of the label", "share"),
    "labels.precision": ("Precision", "share"),
    "labels.recall": ("Recall", "share"),
    "labels.auc": ("AUC", ""),
    "labels.calibration_error": ("Calibration error", ""),
    "poisoning.source": ("Labels of one source that say yes", "share"),
    "poisoning.subgroup": ("Labels of one range that say yes", "share"),
    "poisoning.backdoor": ("Labels of one combination that say yes", "share"),
    "performance.estimated_accuracy": ("Accuracy, estimated from confidence, if that is calibrated", "share"),
    "output.decision_share": ("Share of the decision", "share"),
    "output.confidence": ("Confidence, mean", ""),
    "output.entropy": ("Entropy of the answers, mean", ""),
    "output.unsure": ("Unsure answers", "share"),
    "feature.vanished": ("Categories that no longer come", ""),
    "feature.repeated": ("One value again and again", "share"),
    "pair.correlation": ("Correlation of two features", ""),
    "version.new": ("A new version began", "min before"),
    "schema.changed": ("Events with new or changed features", "share"),
    "schema.vanished": ("Features that no longer come", ""),
    "embedding.shift": ("Shift of the embeddings", "sd"),
    "embedding.spread": ("Spread of the embeddings, over the baseline's", ""),
    "cost.tokens_in": ("Tokens read per event", ""),
    "cost.tokens_out": ("Tokens written per event", ""),
    "cost.tokens_per_minute": ("Tokens", "tokens/min"),
    "attack.evasion": ("Search for adversarial examples, queries beyond what is usual", "share"),
    "attack.extraction": ("Extraction, queries beyond what is usual", "share"),
    "attack.inversion": ("Inversion, queries beyond what is usual", "share"),
    "attack.membership": ("Membership inference, queries beyond what is usual", "share"),
    "cost.heavy": ("Heavy events, in tokens", "share"),
    "text.attacks": ("Prompts that look like attacks", "share"),
    "match.beyond": ("Matching events of principals beyond the limit", "events"),
    "match.count": ("Matching events of one principal", "events"),
    "match.share": ("Events that match", "share"),
    "abuse.newcomer": ("Requests within an hour, of a client nobody knew", "requests"),
    "abuse.woken": ("Requests within an hour, of a client long silent", "requests"),
    "abuse.odd_hours": ("Requests at hours at which the client is never heard", "requests"),
    "abuse.failures": ("Requests of a client that failed within an hour", "share"),
    "abuse.models": ("Models asked for the first time within two hours", "models"),
    "text.leaks": ("Replies that hold", "share"),
    "text.refusals": ("Refusals", "share"),
    "text.language": ("Mix of languages", "PSI"),
    "text.topic": ("Topics of prompts", "PSI"),
    "text.tools": ("Tools called", "PSI"),
    "text.prompt_length": ("Length of prompts", "PSI"),
    "text.reply_length": ("Length of replies", "PSI"),
    "text.slow_token": ("Slow writing", "share"),
    "text.leak_seen": ("Seen in replies for the first time", "share"),
    "text.injection": ("Prompts that attack, beyond what is usual", "share"),
    "text.rephrase": ("Refused questions asked again, beyond what is usual", "share"),
    "text.escalation": ("Sessions that rise, beyond what is usual", "share"),
    "text.exfiltration": ("Replies with personal data or secrets, beyond what is usual", "share"),
    "text.cross_customer": ("Replies with data of others, beyond what is usual", "share"),
    "text.campaign": ("Suspicious words of others, beyond what is usual", "share"),
    "text.reconnaissance": ("Questions about instructions, beyond what is usual", "share"),
    "text.tool_abuse": ("Calls of unused tools, beyond what is usual", "share"),
    "text.tool_arguments": ("Calls of tools in unused ways, beyond what is usual", "share"),
    "text.wallet": ("Costly events, beyond what is usual", "share"),
}


def reading(value: float | None, metric: str) -> str:
    """A reading's value with the unit of its metric."""
    if value is None or not given(value):
        return "not enough data"
    unit = METRICS.get(metric, ("", ""))[1]
    if unit == "share":
        return share(value)
    return f"{number(value)} {unit}".rstrip()


def title(metric: str) -> str:
    """A metric's name as words."""
    if metric in METRICS:
        return METRICS[metric][0]
    text = metric.replace("_", " ").replace(".", " ").strip()
    return text[:1].upper() + text[1:]


def silences(rows: Iterable[Mapping[str, Any]], now_ns: int) -> list[dict[str, Any]]:
    """Silences and maintenance windows in force, from rows of acts, with their end."""
    fields = ("at_ns", "action", "kind", "subject", "actor", "reason", "value")
    held = in_force((Action(**{name: row[name] for name in fields}) for row in rows), now_ns)
    return [
        {"action": a.action, "kind": a.kind, "subject": a.subject, "actor": a.actor, "reason": a.reason,
         "until_ns": window_of(a.value)[1]}
        for a in held
    ]  # fmt: skip
