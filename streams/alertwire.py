"""Alerts and incidents as JSON on `mirqab.alerts` and `mirqab.incidents`."""

from __future__ import annotations

import msgspec

from schemas.alerts import Alert
from schemas.incidents import Incident

_encoder = msgspec.json.Encoder(order="deterministic")
_alerts = msgspec.json.Decoder(Alert)
_incidents = msgspec.json.Decoder(Incident)


def encode(alert: Alert) -> bytes:
    return _encoder.encode(alert)


def decode(data: bytes) -> Alert:
    """Raises msgspec.MsgspecError for what Mirqab did not write."""
    return _alerts.decode(data)


def encode_incident(incident: Incident) -> bytes:
    return _encoder.encode(incident)


def decode_incident(data: bytes) -> Incident:
    """Raises msgspec.MsgspecError for what Mirqab did not write."""
    return _incidents.decode(data)
