"""Which function answers which request; each module of answers adds its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ibfast.schema.declare import Message

if TYPE_CHECKING:
    from ibfast.simulator.session import SimulatorSession

M = TypeVar("M", bound=Message)

ANSWERS: dict[type[Message], Callable[[SimulatorSession, Any], None]] = {}


def answers(
    cls: type[M],
) -> Callable[[Callable[[SimulatorSession, M], None]], Callable[[SimulatorSession, M], None]]:
    """The decorated function answers requests of this class."""

    def register(function: Callable[[SimulatorSession, M], None]) -> Callable[[SimulatorSession, M], None]:
        ANSWERS[cls] = function
        return function

    return register
