"""A `LabelRow`: one answer and the label it got, as the judge needs it to look for poisoned labels.

Summaries carry a bounded number of them by arrival minute, those with the smallest hash of their identity, so the same
ones survive however a stream was cut and merged.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from schemas.keeping import kept_rows

LABEL_BYTES = 131_072  # of one summary, beside its sample (`schemas.summaries.SAMPLE_BYTES`): the broker takes 1 MiB
LABEL_ROW_BYTES = 16_384
LABEL_ROWS = 512  # of one summary


class LabelRow(msgspec.Struct, frozen=True, array_like=True):
    """`hash` orders the rows. `score` is the probability, 0 to 1, that the model gave to what `true` says happened.

    Of two classes that is the positive class; of more, that the predicted class was right. `num` and `cat` are the
    features by name.
    """

    hash: int
    source: str
    score: float
    true: bool
    num: dict[str, float]
    cat: dict[str, str]
    cut: bool = False  # no label, but the mark where the rows end because they grew too large

    @property
    def size(self) -> int:
        """About how many bytes it takes on the wire."""
        features = sum(len(k) + 9 for k in self.num) + sum(len(k) + len(v) + 4 for k, v in self.cat.items())
        return 40 + len(self.source) + features


def bounded_rows(rows: Iterable[LabelRow], limit: int = LABEL_ROWS) -> list[LabelRow]:
    """The rows with the smallest hash, at most `limit` and at most `LABEL_BYTES` together (`schemas.keeping`)."""
    return kept_rows(
        rows, limit, LABEL_BYTES, LABEL_ROW_BYTES, lambda hash: LabelRow(hash, "", 0.0, False, {}, {}, cut=True)
    )
