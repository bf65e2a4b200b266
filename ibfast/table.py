"""What an answer of many records is made of: one numpy array, and the way from it to pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ibfast.records import TEXTS

if TYPE_CHECKING:
    import pandas as pd


class Table:
    """Records, oldest first. ``records`` is a structured array; columns can be had by their names."""

    _noun: ClassVar[str]
    _time: ClassVar[tuple[str, str]] = ("time", "s")
    """The column of times, and its unit."""

    def __init__(self, records: NDArray[np.void]) -> None:
        self.records = records

    def to_pandas(self) -> pd.DataFrame:
        """A DataFrame with an index of UTC timestamps, exchanges and conditions by name; needs pandas."""
        import pandas as pd

        index = pd.DatetimeIndex(self._times().astype("datetime64[ns]"), name="time").tz_localize("UTC")
        names = [name for name in self.records.dtype.names or () if name != self._time[0]]
        return pd.DataFrame({name: self._column(name) for name in names}, index=index)

    def _times(self) -> NDArray[np.datetime64]:
        name, unit = self._time
        return self.records[name].astype(f"datetime64[{unit}]")

    def _column(self, name: str) -> Any:
        return TEXTS[name].decode(self.records[name]) if name in TEXTS else self.records[name]

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, item: Any) -> Any:
        """A column by its name, a record by its place, or several of them."""
        return self.records[item]

    def __repr__(self) -> str:
        if not len(self):
            return f"<no {self._noun}>"
        first, last = self._times()[[0, -1]].astype("datetime64[s]")
        return f"<{len(self)} {self._noun}, {first} to {last} UTC>"
