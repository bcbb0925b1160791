"""One segment of a model version, judged as a model is: the same readings and rules, its own reference and questions.

Its share of the false-alarm budget comes from the model's (`monitors.judge`). While an alert of the same rule is open
on the whole model its own stay suspicions: one trouble is told once. What is read of whole models only (pairs of
features, embeddings, repeated values, changed fields, silent clients) is not read of segments, and neither are labels
that came later than their record: they do not say which segment they belong to. Panes are not judged together either.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitors.context import Scene
from monitors.modelstate import ModelState
from monitors.pane import Pane
from monitors.purse import Budget
from monitors.readings import FAMILIES, whole
from monitors.usual import Usual
from monitors.written import Written
from schemas.rules import Rule
from schemas.summaries import Summary

TOLD = "the whole model has an open alert of this rule"


class SegmentState(ModelState):
    """One segment, such as "channel=web", of the model version `of`."""

    hours = False
    families = tuple(family for family in FAMILIES if not whole(family))

    def __init__(self, of: ModelState, segment: str, first_ns: int) -> None:
        super().__init__(of.model, of.version, of.slot, first_ns, of.limits, of.rules, of.ledger.rules_hash)
        self.of, self.segment = of, segment
        self.accuser = of.accuser
        self.learning.done = True

    def resume(self) -> None:
        """After `restore`: the reference it was judged by."""
        part = self.of.parts.parts.get(self.segment)
        if part is not None and self.of.prepared is not None and self.baseline == self.of.prepared.id:
            self.prepared = part.known(self.of.prepared)

    def _heard_ns(self) -> int:
        """While the whole model is silent, its segments raise no alerts of their own."""
        return self.of.activity.last_ns

    def _choose(self, scored: Mapping[str, Summary]) -> None:
        """The segment's reference under the model's present baseline, once it is complete."""
        part, base = self.of.parts.parts.get(self.segment), self.of.prepared
        if self.prepared is not None and (base is None or self.prepared.id != base.id or part is None):
            self.prepared, self.usual = None, Usual(calendar=self.calendar)
        if self.prepared is None and base is not None and part is not None and part.ready(self.pane_end_ns):
            self.prepared = part.known(base)

    def _ready(self) -> bool:
        return self.prepared is not None

    def _allowed(self, budget: Budget, rule: Rule) -> Budget:
        if self.of.ledger.confirmed(rule.id):
            return Budget(0.0, 0.0, TOLD)
        return super()._allowed(budget, rule)

    def _scene(self, pane: Pane) -> Scene:
        return Scene(release=self.of.release, whole=self.of.ledger, total=pane.total)

    def _remember(self, pane: Pane) -> None:
        self.activity.add(pane.hour, pane.n, 0)

    @staticmethod
    def loaded(written: Written, of: ModelState) -> SegmentState:
        """The state of a segment as a profile has it."""
        state = SegmentState(of, written.segment, written.first_ns)
        state.restore(written, {})
        state.resume()
        return state
