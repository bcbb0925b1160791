"""Agent `correlate`, without the broker: changed alerts to stored incidents."""

from __future__ import annotations

from collections.abc import Sequence

from monitors.incidents import incident_of
from schemas.alerts import Alert, Incident
from schemas.tables import INCIDENTS
from streams.judgerows import incident_rows
from streams.store import Store


class Correlator:
    """Keeps nothing: an incident follows from its alert alone."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def feed(self, alerts: Sequence[Alert]) -> list[Incident]:
        """Store the incidents of these alert transitions, in the order (event time, alert id); returns them."""
        ordered = sorted(alerts, key=lambda alert: (alert.transitions[-1].at_ns, alert.id))
        changes = [(len(alert.transitions) - 1, incident_of(alert)) for alert in ordered]
        real = [(number, incident) for number, incident in changes if incident is not None]
        if real:
            await self.store.insert(INCIDENTS.name, incident_rows(real))
        return [incident for _, incident in real]
