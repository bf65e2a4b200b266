"""What TWS can never accept in a contract, found before a byte is sent. Each error names the field."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeAlias, TypeVar

from ibfast._codec import Message

M = TypeVar("M", bound=Message)

DAY_DIGITS = len("YYYYMMDD")
TIMED = re.compile(r"(\d{8})[ -]+\d\d:\d\d.*", re.ASCII | re.DOTALL)
RIGHTS = {"C": "C", "CALL": "C", "P": "P", "PUT": "P"}
LEG_ACTIONS = ("BUY", "SELL", "SSHORT", "SLONG")
NAMES = ("symbol", "local_symbol", "trading_class", "sec_id", "issuer_id")
"""A contract without an id of IB's own has one of these."""


Contract: TypeAlias = Any
ComboLeg: TypeAlias = Any
"""By their fields only: `ibfast.schema.contract`, which declares them, imports this module."""


def check_contract(contract: Contract) -> None:
    """See `ibfast.Contract.check`."""
    con_id = contract.con_id
    if con_id and con_id < 0:
        raise ValueError(f"con_id: {con_id} is not a contract id")
    if contract.sec_type == "BAG":
        check_legs(contract.combo_legs)
    if not con_id:  # what stands beside an id are IB's own words
        if not (contract.sec_type and contract.symbol):
            _check_identity(contract)
        _check_values(contract)


def _check_values(contract: Contract) -> None:
    if contract.last_trade_date_or_contract_month:
        expiry_text(contract.last_trade_date_or_contract_month)
    if contract.right:
        right_letter(contract.right)
    if contract.strike is not None and not (contract.strike == 0 or _is_positive(contract.strike)):
        raise ValueError(f"strike: {contract.strike!r} is not a number from 0 on")
    if contract.multiplier is not None and not _is_positive(contract.multiplier):
        raise ValueError(f"multiplier: {contract.multiplier!r} is not a positive number")
    currency = contract.currency
    if currency and currency != "USD":
        check_currency(currency)
    if contract.sec_id:
        check_sec_id(contract.sec_id_type or "", contract.sec_id)


def _check_identity(contract: Contract) -> None:
    if not contract.sec_type and not contract.sec_id and not contract.issuer_id:  # an issuer stands for all its bonds
        raise ValueError("sec_type: a contract without con_id needs one")
    if not any(getattr(contract, name) for name in NAMES):
        raise ValueError(f"symbol: a contract without con_id needs one, or another of {', '.join(NAMES[1:])}")


def _is_positive(number: Any) -> bool:
    try:
        return bool(0 < number < math.inf)
    except TypeError:
        return False


def needed(sec_type: str, **texts: str | None) -> None:
    """Each of these fields holds a text that is more than blanks."""
    for name, text in texts.items():
        if not text or not text.strip():
            raise ValueError(f"{name}: a contract of type {sec_type} needs one")


def expiry_text(expiry: str | date) -> str:
    """An expiry as TWS takes it: a day, ``YYYYMMDD``, or a month, ``YYYYMM``."""
    if isinstance(expiry, date):
        return f"{expiry:%Y%m%d}"
    if isinstance(expiry, str) and re.fullmatch(r"\d{6}(\d{2})?", expiry, re.ASCII):
        try:
            date(int(expiry[:4]), int(expiry[4:6]), int(expiry[6:] or 1))
        except ValueError:
            pass
        else:
            return expiry
    raise ValueError(f"expiry (last_trade_date_or_contract_month): {expiry!r} is not a day YYYYMMDD or a month YYYYMM")


def month_text(month: str) -> str:
    """A contract month, ``YYYYMM``."""
    if not isinstance(month, str) or len(month) != 6:
        raise ValueError(f"month: {month!r} is not YYYYMM")
    return expiry_text(month)


def right_letter(right: str) -> str:
    """C or P."""
    try:
        return RIGHTS[right]
    except KeyError:
        raise ValueError(f"right: {right!r} is neither C nor P") from None


def check_currency(currency: str) -> None:
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        raise ValueError(f"currency: {currency!r} is not a code of three capital letters, such as USD")


def check_legs(legs: Sequence[ComboLeg]) -> None:
    """Every leg of a combination says what, how many, which way and where."""
    if not legs:
        raise ValueError("combo_legs: a combination needs legs")
    for number, leg in enumerate(legs):
        where = f"combo_legs[{number}]"
        if not leg.con_id or leg.con_id < 0:
            raise ValueError(f"{where}.con_id: {leg.con_id} is not a contract id")
        if not _is_positive(leg.ratio):
            raise ValueError(f"{where}.ratio: {leg.ratio} is not a positive number")
        if leg.action not in LEG_ACTIONS:
            raise ValueError(f"{where}.action: {leg.action!r} is none of {', '.join(LEG_ACTIONS)}")
        if not leg.exchange:
            raise ValueError(f"{where}.exchange: a leg needs one")


def with_day_only(request: M) -> M:
    """The request with the expiry as requests have it: in contract details a time follows the day."""
    contract: Contract | None = getattr(request, "contract", None)
    if contract is None or len(expiry := contract.last_trade_date_or_contract_month or "") <= DAY_DIGITS:
        return request
    found = TIMED.fullmatch(expiry)
    if found is None:
        return request
    return request.replace(contract=contract.replace(last_trade_date_or_contract_month=found[1]))


# ------------------------------------------------------------------------------------------ numbers of securities


def check_sec_id(kind: str, number: str) -> None:
    """A CUSIP or ISIN has its length and its check digit; other kinds TWS judges."""
    if kind == "CUSIP":
        _check_number("cusip", number, r"[0-9A-Z*@#]{8}\d", _cusip_digit)
    elif kind == "ISIN":
        _check_number("isin", number, r"[A-Z]{2}[0-9A-Z]{9}\d", _isin_digit)
    elif not kind:
        raise ValueError(f"sec_id_type: sec_id {number!r} needs one, such as ISIN")


def _check_number(field: str, number: str, shape: str, digit: Callable[[str], int]) -> None:
    if not re.fullmatch(shape, number, re.ASCII):
        length = 9 if field == "cusip" else 12
        raise ValueError(f"{field} (sec_id): {number!r} is not {length} capital letters and digits, a digit last")
    expected = digit(number[:-1])
    if int(number[-1]) != expected:
        raise ValueError(f"{field} (sec_id): {number!r} has a typing error: its check digit would be {expected}")


def _cusip_digit(number: str) -> int:
    values = [_value(letter) * (1 + at % 2) for at, letter in enumerate(number)]
    return -sum(value // 10 + value % 10 for value in values) % 10


def _isin_digit(number: str) -> int:
    digits = "".join(str(_value(letter)) for letter in number)
    doubled = [int(digit) * (2 - at % 2) for at, digit in enumerate(reversed(digits))]
    return -sum(value // 10 + value % 10 for value in doubled) % 10


def _value(letter: str) -> int:
    """Digits as they are, A is 10, and after Z the three marks that CUSIPs have."""
    return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#".index(letter)
