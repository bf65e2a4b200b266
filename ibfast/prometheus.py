"""A client's counts for Prometheus: ``REGISTRY.register(ClientCollector(client))``; needs the extra "prometheus".

Everything is read when it is scraped; a client that nobody scrapes pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from ibfast.stats import Delays

if TYPE_CHECKING:
    from ibfast.blocking import Client as BlockingClient
    from ibfast.client import Client

LABEL = "client_id"
FIRST_BUCKET, LAST_BUCKET = 10, 34  # a microsecond to 17 seconds, as powers of two of nanoseconds


class ClientCollector(Collector):
    """The `Client.stats` of a client as ``ibfast_…_total``, and how it stands, by its client id."""

    def __init__(self, client: Client | BlockingClient) -> None:
        self._client = client

    def collect(self) -> Iterator[Metric]:
        """What Prometheus asks for."""
        name = str(self._client.client_id)
        for key, value in self._client.stats.items():
            counter = CounterMetricFamily(f"ibfast_{key}", f"stats[{key!r}] of ibfast.Client", labels=[LABEL])
            counter.add_metric([name], value)
            yield counter
        connected = GaugeMetricFamily("ibfast_connected", "Whether requests can be sent", labels=[LABEL])
        connected.add_metric([name], self._client.is_connected)
        yield connected
        waiting = GaugeMetricFamily(
            "ibfast_pacing_waiting", "Messages that wait for their turn", labels=[LABEL, "lane"]
        )
        for lane, gauge in self._client.pacing.lanes.items():
            waiting.add_metric([name, lane], gauge.waiting)
        yield waiting
        yield _histogram(name, self._client.delivery)


def _histogram(name: str, delays: Delays) -> HistogramMetricFamily:
    family = HistogramMetricFamily(
        "ibfast_delivery_seconds", "From the socket to the reader of a stream", labels=[LABEL]
    )
    bits = range(FIRST_BUCKET, LAST_BUCKET + 1)
    buckets = [(repr((1 << bit) / 1e9), float(sum(delays.counts[: bit + 1]))) for bit in bits]
    family.add_metric([name], [*buckets, ("+Inf", float(delays.total))], delays.sum_ns / 1e9)
    return family
