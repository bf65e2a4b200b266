"""The seeded path of a price: a pure function of (seed, name, time), from days down to seconds.

Levels of days are a slowly mean-reverting walk through the price at an anchor date. Within a day the path is a
bridge between two levels, a point a minute; within a minute one of a bank of small bridges, a point a second.
Any stretch of any year can be made without what came before it, so two requests never disagree about history.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FIRST_DAY = date(1975, 1, 1)
LAST_DAY = date(2075, 1, 1)
EPOCH = date(1970, 1, 1)
DAY_S = 86_400
MINUTES = 1440
SHAPES = 256
REVERSION = 1 / 500  # of a level's distance from its anchor, a day


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True)
class DayPath:
    """One UTC day, by minute; the arrays with a point more than minutes end in the next day's first point."""

    log_price: Floats  # MINUTES + 1 points
    swing: Floats  # size of each minute's shape
    shape: Ints  # row of `Shapes` that each minute follows
    width: Floats  # MINUTES + 1 points: of the spread, 0 at the ends, else up to 1
    activity: Floats  # relative volume


@dataclass(frozen=True, slots=True)
class Shapes:
    """What happens within a minute: a bank shared by all paths of a seed."""

    move: Floats  # SHAPES x 61: bridges that begin and end at 0, with unit steps
    below: Floats  # SHAPES x 60: how far each second dips below its ends, 0 to 1
    above: Floats
    volume: Floats  # SHAPES x 60: relative volume of each second, mean 1
    chance: Floats  # SHAPES x 60: 0 to 1


@lru_cache(maxsize=4)
def shapes(seed: int) -> Shapes:
    rng = np.random.default_rng([seed, 0x5AFE])
    walk = np.concatenate([np.zeros((SHAPES, 1)), np.cumsum(rng.standard_normal((SHAPES, 60)), axis=1)], axis=1)
    bridge = walk - walk[:, -1:] * (np.arange(61) / 60)
    volume = rng.lognormal(0.0, 0.8, (SHAPES, 60))
    return Shapes(
        move=bridge,
        below=rng.random((SHAPES, 60)) ** 3,
        above=rng.random((SHAPES, 60)) ** 3,
        volume=volume / volume.mean(axis=1, keepdims=True),
        chance=rng.random((SHAPES, 60)),
    )


class Path:
    """One price path; ``daily_move`` is the standard deviation of a day's relative change."""

    def __init__(self, seed: int, name: str, price: float, daily_move: float, anchor: date) -> None:
        self.seed = seed
        self.shapes = shapes(seed)
        self._key = [seed, crc32(name.encode())]
        self._price = price
        self._daily_move = daily_move
        self._anchor = anchor
        self.day = lru_cache(maxsize=64)(self._day)

    @property
    def second_move(self) -> float:
        """The standard deviation of a second's relative change."""
        return self._daily_move / math.sqrt(DAY_S)

    @cached_property
    def _levels(self) -> Floats:
        """The log price at the start of each day since FIRST_DAY."""
        steps = np.random.default_rng(self._key).standard_normal((LAST_DAY - FIRST_DAY).days) * self._daily_move
        level, walked = 0.0, []
        for step in steps.tolist():
            walked.append(level)
            level += step - level * REVERSION
        at_anchor = walked[(self._anchor - FIRST_DAY).days]
        return np.array(walked) - at_anchor + math.log(self._price)

    def level(self, number: int) -> float:
        """The price at the start of a UTC day."""
        return math.exp(float(self._levels[self._index(number)]))

    def _index(self, number: int) -> int:
        return int(np.clip(number - day_number(FIRST_DAY), 0, len(self._levels) - 1))

    def _day(self, number: int) -> DayPath:
        first, following = self._levels[[self._index(number), self._index(number + 1)]]
        rng = np.random.default_rng([*self._key, number & 0xFFFF_FFFF])
        walk = np.concatenate([[0.0], np.cumsum(rng.standard_normal(MINUTES))]) * (
            self._daily_move / math.sqrt(MINUTES)
        )
        share = np.arange(MINUTES + 1) / MINUTES
        width = rng.random(MINUTES + 1) ** 4
        width[[0, -1]] = 0.0
        return DayPath(
            log_price=walk + (following - walk[-1] - first) * share + first,
            swing=self.second_move * rng.lognormal(0.0, 0.3, MINUTES),
            shape=rng.integers(SHAPES, size=MINUTES),
            width=width,
            activity=rng.lognormal(-0.125, 0.5, MINUTES),
        )
