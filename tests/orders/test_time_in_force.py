"""The time in force of a working order is changed, as far as TWS takes that, and the trade follows."""

import pytest
from support.adverse import AAPL, BOTH_WIRES, SOON_S, until
from support.running import simulator

from ibfast import Client


@BOTH_WIRES
def test_day_becomes_good_till_cancel_and_immediate_or_cancel(run, version):
    async def main():
        async with simulator(server_version=version) as sim, await Client.connect(sim.host, sim.port) as ib:
            trade = await ib.order(AAPL).buy(1).limit(50).submit()
            await until(lambda: trade.status == "Submitted")
            await ib.modify_order(trade, tif="GTC")
            await until(lambda: trade.reported_order.tif == "GTC")
            assert (trade.order.tif, trade.status, trade.rejection) == ("GTC", "Submitted", None)
            assert (trade.order.lmt_price, trade.order.total_quantity) == (50.0, 1)
            await ib.modify_order(trade, tif="IOC")
            await trade.done(SOON_S)
            assert (trade.order.tif, trade.status) == ("IOC", "Cancelled")

    run(main)


@BOTH_WIRES
@pytest.mark.parametrize("change", [{"tif": "FOK"}, {"tif": "GTD", "good_till_date": "20261231 23:59:59 UTC"}], ids=str)
def test_a_time_in_force_that_tws_refuses_leaves_the_order_as_it_works(run, version, change):
    async def main():
        async with simulator(server_version=version) as sim, await Client.connect(sim.host, sim.port) as ib:
            trade = await ib.order(AAPL).buy(1).limit(50).submit()
            await until(lambda: trade.status == "Submitted")
            await ib.modify_order(trade, **change)
            await until(lambda: trade.rejection)
            assert trade.rejection.code == 462
            assert (trade.order.tif, trade.order.good_till_date or "", trade.is_done) == ("DAY", "", False)
            await ib.modify_order(trade, lmt_price=51.0)
            await until(lambda: trade.reported_order.lmt_price == 51.0)
            assert trade.rejection is None

    run(main)
