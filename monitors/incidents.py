"""Alerts to incidents. For now one alert is one incident; what is only suspected is none."""

from __future__ import annotations

from schemas.alerts import Alert, Incident


def incident_of(alert: Alert) -> Incident | None:
    """The incident an alert stands for; None while it was never above *suspected*."""
    if alert.opened_ns is None:
        return None
    return Incident(
        id=f"i-{alert.id}",
        alerts=(alert.id,),
        model=alert.series.model,
        level=alert.level,
        state=alert.state,
        opened_ns=alert.opened_ns,
        updated_ns=alert.transitions[-1].at_ns,
        resolved_ns=alert.resolved_ns,
        title=alert.summary,
    )
