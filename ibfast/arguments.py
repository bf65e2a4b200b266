"""Arguments are checked where they are given: by the type in the signature, and by a range that goes with the name.

`checked` wraps the public methods of a class. An error names the argument and the reason; numbers of numpy are taken
and become Python's. What depends on other arguments, or on the server, the method itself decides.
"""

from __future__ import annotations

import collections.abc
import contextlib
import functools
import inspect
import math
import numbers
import operator
import re
import sys
import types
import typing
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar, get_args, get_origin

from ibfast.other_names import ARGUMENTS, spelled_here

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])
Check = Callable[[str, Any], Any]

INT32 = 2**31 - 1
INT64 = 2**63 - 1
LARGEST = int(sys.float_info.max)
POSITIVE = math.nextafter(0.0, 1.0)
ONE_YEAR_S = 366 * 86_400.0

RANGES: dict[str, tuple[float, float]] = {
    "port": (1, 65535),
    "client_id": (0, INT32),
    "lines": (1, INT32),
    "timeout_s": (0, ONE_YEAR_S),
    "request_timeout_s": (POSITIVE, ONE_YEAR_S),
    "idle_s": (POSITIVE, ONE_YEAR_S),
    "seconds": (POSITIVE, ONE_YEAR_S),
    "rate": (0, math.inf),
    "down_s": (0, ONE_YEAR_S),
    "number_of_ticks": (0, 1000),
    "total_results": (1, 300),
    "last_n_days": (0, INT32),
    "con_id": (1, INT32),
    "rule_id": (0, INT32),
    "group_id": (0, INT32),
    "buy_ratio": (1, INT32),
    "sell_ratio": (1, INT32),
    "option_price": (0, math.inf),
    "under_price": (POSITIVE, math.inf),
    "component_size": (1, INT32),
    "seconds_between": (1, INT32),
    "give_up": (0, INT32),
    "display_size": (1, INT32),
    "initial_size": (1, INT32),
    "next_size": (1, INT32),
    "price_adjust_interval": (0, INT32),
    "min_compete_size": (1, INT32),
    "quantity": (POSITIVE, math.inf),
    "ratio": (POSITIVE, math.inf),
    "manual_order_indicator": (0, 1),
    "seed": (-INT64, INT64),
}
"""What a number of this name may be, wherever it is an argument; others fit in 32 bits (int) or are finite (float)."""

CONNECTING = RANGES | {"timeout_s": (POSITIVE, ONE_YEAR_S)}
"""A connect takes time."""

LISTENING = RANGES | {"port": (0, 65535)}
"""The simulator listens on any free port if it is 0."""


# --------------------------------------------------------------------------------------------------- one value


def integer(name: str, value: Any, least: float = -INT32 - 1, most: float = INT32) -> int:
    """A whole number; no bool, no float.

    Raises:
        TypeError: it is none. ValueError: it is out of range.
    """
    if type(value) is not int:
        if isinstance(value, bool) or type(value).__name__ == "bool_" or not hasattr(value, "__index__"):
            raise TypeError(f"{name}: {value!r} is not a whole number")
        if not isinstance(value, int):  # of numpy; IntEnum stays what it is
            value = operator.index(value)
    _within(name, value, least, INT32 if most == math.inf else most)
    return typing.cast(int, value)


def number(name: str, value: Any, least: float = -math.inf, most: float = math.inf) -> Any:
    """A finite number, or infinity where ``rate`` may be; no bool, no text.

    Raises:
        TypeError: it is none. ValueError: it is NaN, infinite or out of range.
    """
    if type(value) is not float and type(value) is not int:
        if isinstance(value, bool) or not isinstance(value, numbers.Real | Decimal):
            raise TypeError(f"{name}: {value!r} is not a number")
        if not isinstance(value, int | Decimal):  # of numpy: 0.1 of 32 bits is 0.1 too
            value = float(str(value)) if hasattr(value, "dtype") else float(value)
    elif type(value) is int and not -LARGEST <= value <= LARGEST:
        raise ValueError(f"{name}: a number of {value.bit_length()} bits is too large")
    if not math.isfinite(value) and (value != value or name != "rate"):
        raise ValueError(f"{name}: {value!r} is not a finite number")
    if least != -math.inf or most != math.inf:
        _within(name, value, least, most)
    return value


def _within(name: str, value: float, least: float, most: float) -> None:
    if least <= value <= most:
        return
    if isinstance(value, int) and value.bit_length() > 64:  # Python writes no integer of thousands of digits
        raise ValueError(f"{name}: a number of {value.bit_length()} bits is too {'large' if value > 0 else 'small'}")
    if least != POSITIVE and most < ONE_YEAR_S:
        raise ValueError(f"{name}: {value} is not from {least} to {most}")
    if value > most:
        raise ValueError(f"{name}: {value} is too large; {int(most)} is the most")
    raise ValueError(f"{name}: {value} is not {'a positive number' if least == POSITIVE else f'{least} or more'}")


def flag(name: str, value: Any) -> bool:
    """True or False; 1 and 0 are taken for them, as IB's other clients have it.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool") or (type(value) is int and value in (0, 1)):
        return bool(value)
    raise TypeError(f"{name}: {value!r} is neither True nor False")


def text(name: str, value: Any) -> str:
    """A text.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name}: {value!r} is not a text")
    return value


def one_of(name: str, value: Any, choices: Iterable[str], others: str = "") -> None:
    """Refuse a text that is none of the choices, and say which was meant.

    Raises:
        ValueError: it is none of them. TypeError: it is no text.
    """
    known = [str(choice) for choice in choices]
    if text(name, value) in known:
        return
    raise ValueError(f"{name}: {value!r} is none of {', '.join(known)}{others}{meant(value, known)}")


def meant(value: str, known: Iterable[str]) -> str:
    """ "; did you mean '1 min'?" for "1min", or nothing."""
    from difflib import get_close_matches

    spelled = {_squeezed(choice): choice for choice in known}
    wanted = _squeezed(value)
    if shortened := _SHORT_SIZE.match(wanted):  # "30s"
        near = [spelling for spelling in spelled if spelling.startswith(shortened[0])]
    else:
        near = get_close_matches(wanted, list(spelled), 1, 0.7)
    return f"; did you mean {spelled[near[0]]!r}?" if near else ""


_SHORT_SIZE = re.compile(r"\d+[a-z]")


def _squeezed(words: str) -> str:
    return "".join(words.lower().split()).replace("_", "")


def moment(name: str, value: Any) -> datetime:
    """A datetime with a time zone.

    Raises:
        TypeError: it is no datetime. ValueError: it has no time zone.
    """
    from ibfast.times import aware

    return aware(value, name)


# ---------------------------------------------------------------------------------------------- from a signature


def _an_instance(cls: type) -> Check:
    def check(name: str, value: Any) -> Any:
        if not isinstance(value, cls):
            raise TypeError(f"{name}: {value!r} is not {_article(cls.__name__)}{_EXAMPLES.get(cls.__name__, '')}")
        return value

    return check


_EXAMPLES = {
    "Contract": ", such as Contract.stock('AAPL')",
    "Trade": ", such as submit() and open_orders() give",
    "Order": ", such as Order.limit('BUY', 100, 150.0)",
    "Condition": ", such as price_condition(contract, '>=', 150)",
}


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'AEIOU' else 'a'} {word}"


def _many(item: Check | None) -> Check:
    def check(name: str, value: Any) -> Any:
        if isinstance(value, str | bytes) or not isinstance(value, collections.abc.Iterable):
            raise TypeError(f"{name}: {value!r} is not a list")
        if item is not None and isinstance(value, list | tuple):
            return type(value)(item(f"{name}[{at}]", each) for at, each in enumerate(value))
        return value

    return check


def _pair(items: list[Check | None]) -> Check:
    def check(name: str, value: Any) -> Any:
        if isinstance(value, str) or not isinstance(value, collections.abc.Sequence) or len(value) != len(items):
            raise TypeError(f"{name}: {value!r} is not {len(items)} values")
        each = zip(items, value, strict=True)
        return tuple(item(f"{name}[{at}]", one) if item else one for at, (item, one) in enumerate(each))

    return check


def _choice(choices: tuple[Any, ...]) -> Check:
    def check(name: str, value: Any) -> Any:
        if value not in choices:
            one_of(name, value, choices)
        return value

    return check


def _either(checks: list[Check], kinds: str) -> Check:
    def check(name: str, value: Any) -> Any:
        problem: Exception | None = None
        for one in checks:
            try:
                return one(name, value)
            except TypeError as error:
                if problem is None and str(error).startswith(f"{name}["):  # of the right type, but for an item
                    problem = error
            except ValueError as error:  # of the right type
                problem = error
        raise problem or TypeError(f"{name}: {value!r} is {kinds}")

    return check


def _check_of(hint: Any, least_most: tuple[float, float] | None) -> Check | None:
    """What an annotation asks of a value; None for one that takes anything."""
    if hint in (Any, inspect.Parameter.empty, object) or isinstance(hint, TypeVar):
        return None
    simple = {bool: flag, str: text, datetime: moment}.get(hint)
    if simple is not None:
        return typing.cast(Check, simple)
    if hint in (int, float):
        check = integer if hint is int else number
        return typing.cast(Check, check) if least_most is None else _in_range(typing.cast(Any, check), *least_most)
    origin = get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _union(get_args(hint), least_most)
    if origin is Literal:
        return _choice(get_args(hint))
    if origin is tuple:
        return _pair([_check_of(arg, None) for arg in get_args(hint) if arg is not Ellipsis])
    if origin in (collections.abc.Iterable, collections.abc.Sequence):
        return _many(_check_of(get_args(hint)[0], None))
    if origin is collections.abc.Callable or hint is collections.abc.Callable:
        return _callable
    cls = origin or hint
    return _an_instance(cls) if isinstance(cls, type) else None


def _callable(name: str, value: Any) -> Any:
    if not callable(value):
        raise TypeError(f"{name}: {value!r} cannot be called")
    return value


def _in_range(check: Callable[..., Any], least: float, most: float) -> Check:
    return lambda name, value: check(name, value, least, most)


def _union(hints: tuple[Any, ...], least_most: tuple[float, float] | None) -> Check | None:
    optional = type(None) in hints
    others = [hint for hint in hints if hint is not type(None)]
    checks = [_check_of(hint, least_most) for hint in others]
    if None in checks:
        return None
    some = typing.cast(list[Check], checks)
    names = list(dict.fromkeys(_spoken(hint) for hint in others))
    kinds = f"neither {' nor '.join(names)}" if len(names) == 2 else f"none of {', '.join(names)}"
    check = some[0] if len(some) == 1 else _either(some, kinds)
    if not optional:
        return check
    return lambda name, value: None if value is None else check(name, value)


def _spoken(hint: Any) -> str:
    words = {str: "a text", int: "a whole number", float: "a number", datetime: "an aware datetime", date: "a date"}
    if found := words.get(hint):
        return found
    if get_origin(hint) in (collections.abc.Iterable, collections.abc.Sequence):
        return "a list"
    cls = get_origin(hint) or hint
    return _article(getattr(cls, "__name__", str(hint)))


OWNERS = {"self", "cls"}


class Everything:
    """All arguments there are, to be ``left_out``: only their names are looked at then."""

    def __contains__(self, name: object) -> bool:
        return True


class _Rules:
    """The checks of a function, made when it is first called: annotations may name what is imported later."""

    def __init__(
        self, function: Callable[..., Any], ranges: Mapping[str, tuple[float, float]], left_out: Container[str]
    ) -> None:
        self.function = function
        self.by_name: dict[str, Check | None] = {}
        self.in_order: list[tuple[str, Check | None]] = []
        self.rest: tuple[str, Check | None] | None = None
        self.takes_more = False
        for parameter in inspect.signature(function).parameters.values():
            check = None
            if parameter.name not in left_out and parameter.name not in OWNERS:
                check = _check_of(_hint(function, parameter.annotation), ranges.get(parameter.name))
            if parameter.kind is parameter.VAR_POSITIONAL:
                self.rest = parameter.name, check
            elif parameter.kind is parameter.VAR_KEYWORD:
                self.takes_more = True
            else:
                self.by_name[parameter.name] = check
                if parameter.kind is not parameter.KEYWORD_ONLY:
                    self.in_order.append((parameter.name, check))

    def positional(self, given: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(given)
        for at, (name, check) in enumerate(self.in_order[: len(given)]):
            if check is not None:
                values[at] = check(name, given[at])
        if len(given) > len(self.in_order):
            if self.rest is None:
                raise TypeError(self.too_many(given))
            name, check = self.rest
            for at in range(len(self.in_order) if check is not None else len(given), len(given)):
                values[at] = typing.cast(Check, check)(f"{name}[{at - len(self.in_order)}]", given[at])
        return tuple(values)

    def named(self, given: dict[str, Any]) -> dict[str, Any]:
        for name, value in given.items():
            check = self.by_name.get(name)
            if check is not None:
                given[name] = check(name, value)
            elif name not in self.by_name and not self.takes_more:
                raise TypeError(self.unknown(name))
        return given

    def too_many(self, given: tuple[Any, ...]) -> str:
        by_name = list(self.by_name)[len(self.in_order) :]
        surplus = given[len(self.in_order)]
        hint = f"; the others by name, such as {by_name[0]}={surplus!r}" if by_name else ""
        some = ", ".join(name for name, _ in self.in_order if name not in OWNERS) or "nothing"
        return f"{self.function.__name__}() takes {some} by position{hint}"

    def unknown(self, name: str) -> str:
        from difflib import get_close_matches

        others = {theirs: ours for theirs, ours in ARGUMENTS.items() if ours in self.by_name}
        found = spelled_here(name, self.by_name, others) or "".join(get_close_matches(name, list(self.by_name), 1))
        hint = f"; did you mean {found!r}?" if found else ""
        return f"{self.function.__name__}() has no argument {name!r}{hint}"


def _hint(function: Callable[..., Any], annotation: Any) -> Any:
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, getattr(function, "__globals__", {}))
    except NameError:  # imported for type checkers only
        return Any


def checks_arguments(
    function: F, ranges: Mapping[str, tuple[float, float]] = RANGES, left_out: Container[str] = ()
) -> F:
    """The function, with its arguments checked before it is called; of a coroutine function or an async
    generator, when it is awaited.

    Arguments that are ``left_out`` the function checks itself.
    """
    rules: list[_Rules] = []
    is_method = next(iter(inspect.signature(function).parameters), "") in OWNERS

    def arguments(given: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if len(given) == 1 and not named and is_method:
            return given, named
        if not rules:
            rules.append(_Rules(function, ranges, left_out))
        return rules[0].positional(given), rules[0].named(named)

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def checked(*given: Any, **named: Any) -> Any:
            given, named = arguments(given, named)
            return await function(*given, **named)

    elif inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def checked(*given: Any, **named: Any) -> Any:
            given, named = arguments(given, named)
            async with contextlib.aclosing(function(*given, **named)) as items:
                async for item in items:
                    yield item

    else:

        @functools.wraps(function)
        def checked(*given: Any, **named: Any) -> Any:
            given, named = arguments(given, named)
            return function(*given, **named)

    checked.checks_arguments = True  # type: ignore[attr-defined]
    return typing.cast(F, checked)


def checked(cls: C, left_out: Container[str] = ()) -> C:
    """The class, its public methods and class methods checking their arguments, but for those ``left_out``."""
    for name, member in list(vars(cls).items()):
        function = getattr(member, "__func__", member)
        if name.startswith("_") or not inspect.isfunction(function) or hasattr(function, "checks_arguments"):
            continue
        if isinstance(member, classmethod):
            setattr(cls, name, classmethod(checks_arguments(function, left_out=left_out)))
        elif not isinstance(member, staticmethod) and len(inspect.signature(function).parameters) > 1:
            setattr(cls, name, checks_arguments(function, left_out=left_out))
    return cls
