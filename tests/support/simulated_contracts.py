"""Contracts that tests of orders trade in the simulator."""

from ibfast.schema import ComboLeg, Contract

CALL = Contract.call("AAPL", expiry="20260918", strike=320.0)


PAIR = Contract(
    symbol="AAPL,MSFT", sec_type="BAG", exchange="SMART", currency="USD",
    combo_legs=[
        ComboLeg(con_id=265598, ratio=2, action="BUY", exchange="SMART"),
        ComboLeg(con_id=272093, ratio=1, action="SELL", exchange="SMART"),
    ],
)  # fmt: skip
