"""What IB's order types and algos need and where they can go, as tables."""

from __future__ import annotations

OPTIONS = ("OPT", "FOP", "WAR", "IOPT")
FUTURES = ("FUT", "FOP")

NEEDS: dict[str, tuple[str, ...]] = {
    "MKT": (), "LMT": ("lmt_price",), "STP": ("aux_price",), "STP LMT": ("aux_price", "lmt_price"),
    "STP PRT": ("aux_price",), "TRAIL": (), "TRAIL LIMIT": (), "TRAIL MIT": (), "TRAIL LIT": (),
    "MIT": ("aux_price",), "LIT": ("aux_price", "lmt_price"), "MTL": (), "MKT PRT": (), "MOC": (),
    "LOC": ("lmt_price",), "MIDPRICE": (), "REL": (), "PASSV REL": (), "PEG PRIM": (), "PEG MKT": (), "PEG MID": (),
    "PEG BEST": (),
    "PEG BENCH": ("starting_price", "reference_contract_id", "pegged_change_amount", "reference_change_amount"),
    "PEG STK": ("delta", "starting_price"), "SNAP MKT": (), "SNAP MID": (), "SNAP PRIM": (),
    "VOL": ("volatility", "volatility_type"), "BOX TOP": (), "QUOTE": (), "AUC": (), "REL + LMT": ("lmt_price",),
    "REL + MKT": (), "LMT + MKT": ("lmt_price",),
}  # fmt: skip
"""Every order type, by what it cannot do without."""

OTHER_NAMES = {
    "STOP": "STP", "STPLMT": "STP LMT", "STP_LMT": "STP LMT", "MARKET": "MKT", "LIMIT": "LMT", "PEGMKT": "PEG MKT",
    "PEGMID": "PEG MID", "PEGBEST": "PEG BEST", "PEGBENCH": "PEG BENCH", "TRAILLMT": "TRAIL LIMIT",
    "PEG PRI": "PEG PRIM", "SNAP MIDPOINT": "SNAP MID",
}  # fmt: skip

ONLY_FOR: dict[str, tuple[str, ...]] = {
    "VOL": OPTIONS, "PEG STK": OPTIONS, "BOX TOP": OPTIONS, "MKT PRT": FUTURES, "STP PRT": FUTURES,
    "MIDPRICE": ("STK",), "PEG BEST": ("STK",), "MOC": ("STK", "FUT"), "LOC": ("STK", "FUT"), "REL + LMT": ("BAG",),
    "REL + MKT": ("BAG",), "LMT + MKT": ("BAG",),
}  # fmt: skip
"""Kinds of contracts that a type is for, where it is not for all."""

NAMES = {
    "lmt_price": "limit price", "aux_price": "stop price", "starting_price": "starting price", "delta": "delta",
    "reference_contract_id": "reference contract", "pegged_change_amount": "pegged change amount",
    "reference_change_amount": "reference change amount", "volatility": "volatility",
    "volatility_type": "volatility type",
}  # fmt: skip

CONDITIONAL = ("MKT", "LMT", "MIDPRICE", "REL", "SNAP MKT", "SNAP MID", "SNAP PRIM", "STP", "STP LMT")
TIFS = ("DAY", "GTC", "IOC", "GTD", "OPG", "FOK", "DTC", "GTX", "AUC", "Minutes")
CASH_QUANTITY = ("STK", "CASH", "CRYPTO", "FUND", "ETF")
UNTRADED = ("IND", "NEWS")

_TIMES = ("startTime", "endTime")
_SHARE = ("maxPctVol",)
_RISK = (*_SHARE, "riskAversion", "forceCompletion")

ALGOS: dict[str, tuple[str, ...]] = {
    "Vwap": (*_SHARE, *_TIMES, "allowPastEndTime", "noTakeLiq", "speedUp", "monetaryValue"),
    "Twap": (*_TIMES, "allowPastEndTime", "monetaryValue"),  # strategyType is refused with 443 (seen)
    "PctVol": ("pctVol", *_TIMES, "noTakeLiq", "monetaryValue"),
    "PctVolPx": ("pctVol", "deltaPctVol", "minPctVol4Px", "maxPctVol4Px", *_TIMES, "noTakeLiq", "monetaryValue"),
    "PctVolSz": ("startPctVol", "endPctVol", *_TIMES, "noTakeLiq", "monetaryValue"),
    "PctVolTm": ("startPctVol", "endPctVol", *_TIMES, "noTakeLiq", "monetaryValue"),
    "ArrivalPx": (*_RISK, *_TIMES, "allowPastEndTime", "monetaryValue"),
    "ClosePx": (*_RISK, "startTime", "monetaryValue"),
    "DarkIce": ("displaySize", *_TIMES, "allowPastEndTime", "monetaryValue"),
    "AD": (
        "componentSize", "timeBetweenOrders", "randomizeTime20", "randomizeSize55", "giveUp", "catchUp", "waitForFill",
        "activeTimeStart", "activeTimeEnd", "startTime", "endTime",
    ),
    "BalanceImpactRisk": _RISK, "MinImpact": (*_SHARE,), "Adaptive": ("adaptivePriority",),
}  # fmt: skip
"""IB's algos and the parameters of each."""

SHARES = ("maxPctVol", "pctVol", "startPctVol", "endPctVol", "minPctVol4Px", "maxPctVol4Px", "deltaPctVol")
"""Parameters that are shares of volume."""

ALGO_WORDS = {
    "riskAversion": ("Get Done", "Aggressive", "Neutral", "Passive"),
    "adaptivePriority": ("Urgent", "Normal", "Patient", "Critical"),
}
