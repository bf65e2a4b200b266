"""One module for each subject of requests; importing this package registers all handlers.

A handler answers a client's request; `registry` says which one answers which message.
"""

from ibfast.simulator.handlers import (  # noqa: F401  (each registers its handlers)
    account,
    advisor,
    bars,
    configuration,
    contracts,
    depth,
    display_groups,
    historical_ticks,
    history,
    market_data,
    news,
    options,
    orders,
    scanner,
    system,
    wsh,
)
