"""The metrics a worker shows, and the little server that shows them."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from schemas.errors import SettingError
from schemas.settings import Metrics
from streams.meter import Meter
from streams.telemetry import METRICS, Health, Telemetry, served
from tests.support.ports import free_ports


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as e:
        with e:
            return e.code, e.read().decode()


def test_every_metric_has_a_name_in_our_style_and_a_sentence() -> None:
    assert len({kind.name for kind in METRICS.values()}) == len(METRICS)
    for kind in METRICS.values():
        assert kind.name.startswith("mirqab_")
        assert kind.name.endswith(("_total", "_seconds", "_records"))
        assert kind.help.endswith(".")


def test_what_was_never_set_is_not_shown() -> None:
    telemetry = Telemetry()
    assert telemetry.text() == b""
    telemetry.set("publish_age", 2.5)
    telemetry.set("lag", 7, topic="inference", partition="0")
    telemetry.add("restarts")
    telemetry.add("restarts")
    text = telemetry.text().decode()
    assert "mirqab_publish_age_seconds 2.5" in text
    assert 'mirqab_lag_records{partition="0",topic="inference"} 7.0' in text
    assert "mirqab_agent_restarts_total 2.0" in text
    telemetry.set("publish_age", None)
    assert "publish_age" not in telemetry.text().decode()


def test_labels_out_of_a_record_cannot_break_the_format() -> None:
    telemetry = Telemetry()
    telemetry.add("rejects_by_reason", reason='x"} 1\nforged_total 9')
    assert "\nforged_total" not in telemetry.text().decode()


def test_a_meter_is_read_when_metrics_are_asked_for() -> None:
    telemetry, meter = Telemetry(), Meter()
    telemetry.follow(meter, lambda: 70_000_000_000)
    meter.events, meter.newest_ns, meter.last_closed_ns = 5, 60_000_000_000, {1: 10_000_000_000}
    text = telemetry.text().decode()
    assert "mirqab_events_total 5.0" in text
    assert "mirqab_watermark_age_seconds 10.0" in text
    assert 'mirqab_closed_minute_age_seconds{shard="1"} 60.0' in text


def test_a_metric_that_is_not_defined_is_refused() -> None:
    with pytest.raises(SettingError, match="did you mean events"):
        Telemetry().add("event")


def test_metrics_and_health_over_http() -> None:
    telemetry, health = Telemetry(), [Health(True, "reading 4 partitions")]
    telemetry.add("events", 3)
    (port,) = free_ports(1)
    with served(telemetry, Metrics(port=port), lambda: health[0]) as url:
        assert url == f"http://127.0.0.1:{port}"
        assert get(f"{url}/metrics") == (200, telemetry.text().decode())
        assert get(f"{url}/healthz")[0] == 200
        health[0] = Health(False, "no progress for 300 s")
        status, text = get(f"{url}/healthz")
        assert (status, "no progress" in text) == (503, True)
        assert get(f"{url}/else")[0] == 404
        with (
            pytest.raises(SettingError, match=r"metrics\.port"),
            served(telemetry, Metrics(port=port), lambda: health[0]),
        ):
            pass


def test_without_a_port_nothing_listens() -> None:
    with served(Telemetry(), Metrics(), lambda: Health(True, "")) as url:
        assert url is None
