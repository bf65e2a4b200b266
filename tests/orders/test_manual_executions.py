"""An order that was entered in TWS has order id 0 until client 0 binds it: in lists, statuses and executions."""

from decimal import Decimal

from support.adverse import AAPL, BOTH_WIRES, until
from support.running import simulator

from ibfast import Client, Order

BUY = Order(action="BUY", order_type="MKT", total_quantity=Decimal(1))


@BOTH_WIRES
def test_executions_of_an_order_entered_in_tws_have_order_id_0(run, version):
    async def main():
        async with simulator(server_version=version) as sim, await Client.connect(sim.host, sim.port) as ib:
            perm_id = sim.place_manually(AAPL, BUY)
            await until(lambda: sim.gateway.engine.executions)
            (fill,) = await ib.executions()
            assert (fill.execution.order_id, fill.execution.client_id) == (0, 0)
            assert fill.execution.perm_id == perm_id

    run(main)
