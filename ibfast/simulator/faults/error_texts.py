"""What a gateway says of its connections, in IB's codes and words."""

from __future__ import annotations

from ibfast.schema import (
    HistoricalDataRequest,
    MarketDataRequest,
    MarketDepthRequest,
    RealTimeBarsRequest,
    ScannerSubscriptionRequest,
)
from ibfast.schema.declare import Message

TEXTS: dict[int, str] = {
    0: "Warning: Approaching max rate of 50 messages per second (42)",
    165: "Historical Market Data Service query message:HMDS server connection was successful.",
    316: "Market depth data has been HALTED. Please re-subscribe.",
    317: "Market depth data has been RESET. Please empty deep book contents before applying any new entries.",
    492: (
        "You must subscribe for additional permissions to obtain precise results for scanner.Parameter:Most Active,"
        "Filter:Price;Real-Time Market Data:Pink Sheets"
    ),
    1100: "Connectivity between IBKR and Trader Workstation has been lost.",
    1101: "Connectivity between IBKR and Trader Workstation has been restored - data lost.",
    1102: "Connectivity between IBKR and Trader Workstation has been restored - data maintained.",
    1300: "TWS socket port has been reset and this connection is being dropped. Please reconnect on the new port",
    2103: "Market data farm connection is broken:usfarm",
    2104: "Market data farm connection is OK:usfarm",
    2105: "HMDS data farm connection is broken:ushmds",
    2106: "HMDS data farm connection is OK:ushmds",
    2107: "HMDS data farm connection is inactive but should be available upon demand.ushmds",
    2108: "Market data farm connection is inactive but should be available upon demand.usfarm",
    2110: "Connectivity between Trader Workstation and server is broken. It will be restored automatically.",
    2119: "Market data farm is connecting:usfarm",
    2157: "Sec-def data farm connection is broken:secdefil",
    2158: "Sec-def data farm connection is OK:secdefil",
    2188: "Up-to-the-second historical data requires additional subscription for the API.",
    10167: "Requested market data is not subscribed. Displaying delayed market data.",
    10182: "Failed to request live updates (disconnected).",
    10225: "Bust event occurred, current subscription is deactivated. Please resubscribe real-time bars immediately.",
}

LOST = 1100
BOOK_RESET = 317

OF: dict[int, type[Message]] = {
    165: HistoricalDataRequest,
    316: MarketDepthRequest,
    492: ScannerSubscriptionRequest,
    2188: HistoricalDataRequest,
    10167: MarketDataRequest,
    10182: HistoricalDataRequest,
    10225: RealTimeBarsRequest,
}
"""Codes that come for a request: one for each of this class that is open."""
