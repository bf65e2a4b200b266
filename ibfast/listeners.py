"""Calling listeners: one that fails keeps nothing from the others, nor from whoever calls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

LOG = logging.getLogger("ibfast.listeners")

FAILED = "a listener failed: %r; all others are called, the session goes on"

ENDS_THE_PROGRAM = (SystemExit, KeyboardInterrupt)
"""What a listener raises to end the program. Everything else, CancelledError included, is its own failure."""


def notify(listener: Callable[..., object], *arguments: object, log: logging.Logger = LOG) -> bool:
    """Call a listener. What it raises goes to ``log``; False then.

    Raises:
        SystemExit, KeyboardInterrupt: the listener ends the program.
    """
    try:
        listener(*arguments)
    except ENDS_THE_PROGRAM:
        raise
    except BaseException:
        log.exception(FAILED, listener)
        return False
    return True


def notify_all(listeners: Iterable[Callable[..., object]], *arguments: object, log: logging.Logger = LOG) -> None:
    """Call each listener; one that ends the program does so after all were called.

    Raises:
        SystemExit, KeyboardInterrupt: the first that a listener raised.
    """
    ending: BaseException | None = None
    for listener in tuple(listeners):
        try:  # `notify`, without a call more for each event of each order
            listener(*arguments)
        except ENDS_THE_PROGRAM as error:
            ending = ending or error
        except BaseException:
            log.exception(FAILED, listener)
    if ending is not None:
        raise ending
