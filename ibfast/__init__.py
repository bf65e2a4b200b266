"""ibfast: a client for the Interactive Brokers TWS API whose ticks are numpy records.

`Client` is the asyncio client, `ibfast.blocking.Client` the same without async. `ibfast.schema` has every message of
the protocol, `ibfast.wire` reads and writes them, `ibfast.records` says what is in a record, `ibfast.simulator` is a
gateway to try all of it on.
"""

import sys
import warnings

import ibfast.schema  # noqa: F401  # isort: skip  (contract and order are parts of it, so it comes first)
from ibfast.bars import Bars
from ibfast.client import Client
from ibfast.contracts.cache import ContractCache
from ibfast.contracts.option_chain import OptionChain
from ibfast.contracts.price_grid import PriceGrid
from ibfast.contracts.trading_hours import Interval, TradingHours, liquid_hours, trading_hours
from ibfast.enums import (
    Action,
    BarSize,
    GenericTick,
    MarketDataType,
    OcaType,
    OrderType,
    SecType,
    TickByTickType,
    TimeInForce,
    TriggerMethod,
    WhatToShow,
)
from ibfast.errors import (
    AmbiguousContract,
    AnswerTooLarge,
    ConnectionFailed,
    ConnectionLost,
    DecodeError,
    ErrorKind,
    FramingError,
    IbfastError,
    JournalInUse,
    OrderDone,
    OrderNotOwned,
    PacingError,
    ReadOnly,
    RequestError,
    RequestTimeout,
    StreamOverflow,
    VersionError,
)
from ibfast.events import OptionComputation
from ibfast.history import Histogram, PastTicks, Schedule, TradingSession
from ibfast.news import Article, Headline
from ibfast.orders.brackets import BracketBuilder
from ibfast.orders.builder import OrderBuilder
from ibfast.orders.conditions import (
    Condition,
    execution_condition,
    margin_condition,
    percent_change_condition,
    price_condition,
    time_condition,
    volume_condition,
)
from ibfast.orders.fills import Fill
from ibfast.orders.order_status import TradeEventKind
from ibfast.orders.trade import Trade, TradeEvent
from ibfast.orders.what_if import WhatIf
from ibfast.requests.account_figures import AccountFigure, AccountSnapshot, AccountTag
from ibfast.requests.advisors import FADataType
from ibfast.requests.portfolio import Portfolio
from ibfast.scanner import ScannerParameters
from ibfast.schema import ScannerSubscription
from ibfast.schema.contract import ComboLeg, Contract, DeltaNeutralContract
from ibfast.schema.order import Order, OrderCondition
from ibfast.session.event_loop import run
from ibfast.session.health import Health, HealthState
from ibfast.stats import Delays
from ibfast.streams.bar_updates import BarUpdates
from ibfast.streams.base import MessageStream, zipped
from ibfast.streams.order_book import OrderBook
from ibfast.streams.quote import Quote
from ibfast.streams.ticks import Computations, Gap, Ticks
from ibfast.streams.updates import Updates
from ibfast.tick_types import TickType
from ibfast.wsh import WshFilter

__version__ = "0.1.0"

if not getattr(sys, "_is_gil_enabled", lambda: True)():  # PYTHON_GIL=0 keeps it off though the extension asks for it
    warnings.warn("ibfast is not safe without the GIL: run it without PYTHON_GIL=0", RuntimeWarning, stacklevel=2)

__all__ = [
    "AccountFigure",
    "AccountSnapshot",
    "AccountTag",
    "Action",
    "AmbiguousContract",
    "AnswerTooLarge",
    "Article",
    "BarSize",
    "BarUpdates",
    "Bars",
    "BracketBuilder",
    "Client",
    "ComboLeg",
    "Computations",
    "Condition",
    "ConnectionFailed",
    "ConnectionLost",
    "Contract",
    "ContractCache",
    "DecodeError",
    "Delays",
    "DeltaNeutralContract",
    "ErrorKind",
    "FADataType",
    "Fill",
    "FramingError",
    "Gap",
    "GenericTick",
    "Headline",
    "Health",
    "HealthState",
    "Histogram",
    "IbfastError",
    "Interval",
    "JournalInUse",
    "MarketDataType",
    "MessageStream",
    "OcaType",
    "OptionChain",
    "OptionComputation",
    "Order",
    "OrderBook",
    "OrderBuilder",
    "OrderCondition",
    "OrderDone",
    "OrderNotOwned",
    "OrderType",
    "PacingError",
    "PastTicks",
    "Portfolio",
    "PriceGrid",
    "Quote",
    "ReadOnly",
    "RequestError",
    "RequestTimeout",
    "ScannerParameters",
    "ScannerSubscription",
    "Schedule",
    "SecType",
    "StreamOverflow",
    "TickByTickType",
    "TickType",
    "Ticks",
    "TimeInForce",
    "Trade",
    "TradeEvent",
    "TradeEventKind",
    "TradingHours",
    "TradingSession",
    "TriggerMethod",
    "Updates",
    "VersionError",
    "WhatIf",
    "WhatToShow",
    "WshFilter",
    "execution_condition",
    "liquid_hours",
    "margin_condition",
    "percent_change_condition",
    "price_condition",
    "run",
    "time_condition",
    "trading_hours",
    "volume_condition",
    "zipped",
]
