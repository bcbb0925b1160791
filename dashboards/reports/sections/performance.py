"""How right the model was: by labels as far as there are some, and estimated without."""

from __future__ import annotations

from dashboards.console.words import count, share
from dashboards.reports.document import Facts, Section, Table, Text
from dashboards.reports.judged import Judged
from dashboards.reports.say import points_signed
from monitors.weekly.worth import Effect

PLACE = 40
CALIBRATED = "Read off the scores, as labels of the baseline's time say how often each score is right."
BY_ITSELF = "Read off the scores, taken as probabilities: no labels of the baseline's time can tell how good they are."
ASSUMES = (
    " It holds while the same score is right as often as before; if what the inputs mean changes, it does not see it."
)


def section(judged: Judged) -> Section | None:
    found, guess = judged.measured, judged.estimate
    if found is None and guess is None:
        text = "Neither labels nor scores that are probabilities: nothing can be said about how right the model was."
        return Section("performance", "How right it was", (Text(text),))
    pairs, notes, data = [], [], {}
    if found:
        known = f"{count(found.labels)} of {count(found.answers)} answers looked at"
        pairs.append(
            ("Accuracy by labels", f"{share(found.accuracy)} ({share(found.low)} to {share(found.high)}), {known}")
        )
        if found.change and found.before is not None:
            pairs.append(("Change against the baseline's time", f"{_change(found.change)}, from {share(found.before)}"))
        data["measured"] = {"accuracy": found.accuracy, "low": found.low, "high": found.high, "labels": found.labels}
    else:
        notes.append(Text("No label of this week's answers has arrived yet."))
    if guess:
        pairs.append(("Estimated accuracy", f"{share(guess.now)}, was {share(guess.before)}"))
        pairs.append(("Change of the estimate", _change(guess.change)))
        notes.append(Text((CALIBRATED if guess.calibrated else BY_ITSELF) + ASSUMES))
        data["estimated"] = {"accuracy": guess.now, "before": guess.before, "change": guess.change.value}
    quality = judged.told.quality if judged.told else {}
    rows = tuple((name, share(before), share(now)) for name, (before, now) in quality.items())
    table = (Table(("By labels (Evidently)", "before", "this week"), rows, frozenset({1, 2})),) if rows else ()
    return Section("performance", "How right it was", (Facts(tuple(pairs)), *notes, *table), data)


def _change(change: Effect) -> str:
    return f"{points_signed(change.value)} points ({points_signed(change.low)} to {points_signed(change.high)})"
