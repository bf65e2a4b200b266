"""IB's words for choices; each is its text or number: ``"TRADES"`` works wherever ``WhatToShow.TRADES`` does."""

from enum import IntEnum, StrEnum


class Action(StrEnum):
    """Which way an order goes."""

    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    """The order types that `ibfast.OrderBuilder` has a word for; any other text TWS knows works too."""

    MARKET = "MKT"
    LIMIT = "LMT"
    STOP = "STP"
    STOP_LIMIT = "STP LMT"
    STOP_WITH_PROTECTION = "STP PRT"
    TRAILING_STOP = "TRAIL"
    TRAILING_STOP_LIMIT = "TRAIL LIMIT"
    MARKET_IF_TOUCHED = "MIT"
    LIMIT_IF_TOUCHED = "LIT"
    MARKET_TO_LIMIT = "MTL"
    MARKET_WITH_PROTECTION = "MKT PRT"
    MARKET_ON_CLOSE = "MOC"
    LIMIT_ON_CLOSE = "LOC"
    MIDPRICE = "MIDPRICE"
    RELATIVE = "REL"
    PASSIVE_RELATIVE = "PASSV REL"
    PEGGED_TO_MARKET = "PEG MKT"
    PEGGED_TO_MIDPOINT = "PEG MID"
    PEGGED_TO_BEST = "PEG BEST"
    PEGGED_TO_BENCHMARK = "PEG BENCH"
    PEGGED_TO_STOCK = "PEG STK"
    SNAP_TO_MARKET = "SNAP MKT"
    SNAP_TO_MIDPOINT = "SNAP MID"
    SNAP_TO_PRIMARY = "SNAP PRIM"
    VOLATILITY = "VOL"
    BOX_TOP = "BOX TOP"
    RELATIVE_PLUS_LIMIT = "REL + LMT"
    RELATIVE_PLUS_MARKET = "REL + MKT"


class TimeInForce(StrEnum):
    """How long an order works."""

    DAY = "DAY"
    GOOD_TILL_CANCEL = "GTC"
    IMMEDIATE_OR_CANCEL = "IOC"
    FILL_OR_KILL = "FOK"
    GOOD_TILL_DATE = "GTD"
    AT_THE_OPENING = "OPG"
    DAY_TILL_CANCELLED = "DTC"
    AUCTION = "AUC"


class OcaType(IntEnum):
    """What the fill of one order does to the others of its group; "block" sends one of them at a time."""

    CANCEL_WITH_BLOCK = 1
    REDUCE_WITH_BLOCK = 2
    REDUCE = 3


class TriggerMethod(IntEnum):
    """The price that triggers a stop or a condition."""

    DEFAULT = 0
    DOUBLE_BID_ASK = 1
    LAST = 2
    DOUBLE_LAST = 3
    BID_ASK = 4
    LAST_OR_BID_ASK = 7
    MIDPOINT = 8


class WhatToShow(StrEnum):
    """What historical bars are made of."""

    TRADES = "TRADES"
    MIDPOINT = "MIDPOINT"
    BID = "BID"
    ASK = "ASK"
    BID_ASK = "BID_ASK"
    ADJUSTED_LAST = "ADJUSTED_LAST"
    HISTORICAL_VOLATILITY = "HISTORICAL_VOLATILITY"
    OPTION_IMPLIED_VOLATILITY = "OPTION_IMPLIED_VOLATILITY"
    YIELD_ASK = "YIELD_ASK"
    YIELD_BID = "YIELD_BID"
    YIELD_BID_ASK = "YIELD_BID_ASK"
    YIELD_LAST = "YIELD_LAST"
    AGGTRADES = "AGGTRADES"


class BarSize(StrEnum):
    """How long a historical bar is."""

    SECS_1 = "1 secs"
    SECS_5 = "5 secs"
    SECS_10 = "10 secs"
    SECS_15 = "15 secs"
    SECS_30 = "30 secs"
    MIN_1 = "1 min"
    MINS_2 = "2 mins"
    MINS_3 = "3 mins"
    MINS_5 = "5 mins"
    MINS_10 = "10 mins"
    MINS_15 = "15 mins"
    MINS_20 = "20 mins"
    MINS_30 = "30 mins"
    HOUR_1 = "1 hour"
    HOURS_2 = "2 hours"
    HOURS_3 = "3 hours"
    HOURS_4 = "4 hours"
    HOURS_8 = "8 hours"
    DAY_1 = "1 day"
    WEEK_1 = "1 week"
    MONTH_1 = "1 month"


class TickByTickType(StrEnum):
    """What a tick-by-tick subscription brings."""

    LAST = "Last"
    ALL_LAST = "AllLast"
    BID_ASK = "BidAsk"
    MID_POINT = "MidPoint"


class MarketDataType(IntEnum):
    """Which market data a session gets."""

    REAL_TIME = 1
    FROZEN = 2
    DELAYED = 3
    DELAYED_FROZEN = 4


class GenericTick(IntEnum):
    """IB's generic ticks: what an L1 subscription brings only when asked for it."""

    OPTION_VOLUME = 100
    OPTION_OPEN_INTEREST = 101
    HISTORICAL_VOLATILITY = 104
    AVERAGE_OPTION_VOLUME = 105
    OPTION_IMPLIED_VOLATILITY = 106
    INDEX_FUTURE_PREMIUM = 162
    MISCELLANEOUS_STATS = 165
    CREDITMAN_MARK_PRICE = 220
    MARK_PRICE = 221
    AUCTION_VALUES = 225
    PL_PRICE = 232
    RT_VOLUME = 233
    SHORTABLE = 236
    FUNDAMENTAL_RATIOS = 258
    NEWS = 292
    TRADE_COUNT = 293
    TRADE_RATE = 294
    VOLUME_RATE = 295
    LAST_RTH_TRADE = 318
    RT_TRADE_VOLUME = 375
    RT_HISTORICAL_VOLATILITY = 411
    IB_DIVIDENDS = 456
    BOND_FACTOR_MULTIPLIER = 460
    ETF_NAV_BID_ASK = 576
    ETF_NAV_LAST = 577
    ETF_NAV_CLOSE = 578
    IPO_PRICES = 586
    FUTURES_OPEN_INTEREST = 588
    SHORT_TERM_VOLUME = 595
    ETF_NAV_HIGH_LOW = 614
    CREDITMAN_SLOW_MARK_PRICE = 619
    ETF_FROZEN_NAV_LAST = 623


class SecType(StrEnum):
    """Kinds of contracts."""

    STOCK = "STK"
    OPTION = "OPT"
    FUTURE = "FUT"
    FUTURES_OPTION = "FOP"
    INDEX = "IND"
    FOREX = "CASH"
    CRYPTO = "CRYPTO"
    BOND = "BOND"
    FUND = "FUND"
    CFD = "CFD"
    COMMODITY = "CMDTY"
    WARRANT = "WAR"
    COMBO = "BAG"
    NEWS = "NEWS"
    CONTINUOUS_FUTURE = "CONTFUT"
