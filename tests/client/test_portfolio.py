"""The portfolio: a mirror that is read without a request."""

from decimal import Decimal

import pytest
from support.bought import bought
from support.client import SOON_S
from support.gateway import Gateway

from ibfast import Contract
from ibfast.schema import (
    AccountSummary,
    AccountSummaryEnd,
    AccountSummaryRequest,
    CancelAccountSummary,
    CancelPnL,
    CancelPositions,
    ManagedAccounts,
    NextValidId,
    PnL,
    PnLRequest,
    Position,
    PositionEnd,
    PositionsRequest,
    StartApiRequest,
)

AAPL = Contract.stock("AAPL").replace(con_id=265598)
HELD = {"DU1": Decimal(3), "DU2": Decimal(-1)}


class Accounts(Gateway):
    """Two accounts; what is asked for is answered at once."""

    def _hear(self, payload):
        before = len(self.heard)
        super()._hear(payload)
        for message in self.heard[before:]:
            match message:
                case StartApiRequest():
                    self.say(ManagedAccounts(accounts_list="DU1,DU2"), NextValidId(order_id=1))
                case PositionsRequest():
                    self.say(*(self.row(name) for name in HELD), PositionEnd())
                case AccountSummaryRequest(req_id=req_id):
                    self.say(*(self.cash(req_id, name) for name in HELD), AccountSummaryEnd(req_id=req_id))
                case PnLRequest(req_id=req_id, account=name):
                    self.say(PnL(req_id=req_id, daily_pnl=float(HELD[name])))

    def row(self, name, position=None):
        return Position(account=name, contract=AAPL, position=HELD[name] if position is None else position)

    def cash(self, req_id, name):
        value = str(100 * HELD[name])
        return AccountSummary(req_id=req_id, account=name, tag="NetLiquidation", value=value, currency="USD")


@pytest.mark.parametrize("number", [176, 203, 226])
def test_two_accounts(run, connect, number):
    async def main():
        async with Accounts(number, start=False) as gateway, await connect(gateway) as client:
            portfolio = await client.portfolio()
            assert portfolio.accounts == ["DU1", "DU2"]
            assert {position.account: position.position for position in portfolio.positions()} == HELD
            assert (portfolio.position(265598), portfolio.position(265598, "DU2"), portfolio.position(1)) == (2, -1, 0)
            assert portfolio.value("NetLiquidation", "DU1", currency="USD") == Decimal(300)
            assert portfolio.value("NetLiquidation", "DU2") == Decimal(-100)
            for wrong in ("", "DU3"):
                with pytest.raises(ValueError, match="DU1, DU2"):
                    portfolio.value("NetLiquidation", wrong)
            with pytest.raises(KeyError):
                portfolio.value("Cushion", "DU1")
            async with client.pnl("DU2") as later:  # answered after those of the portfolio
                await later.next(SOON_S)
            assert [portfolio.pnl(name).daily_pnl for name in HELD] == [3.0, -1.0]
            before = portfolio.last_updated
            async with client.position_updates() as updates:
                await updates.complete()
                gateway.say(gateway.row("DU1", Decimal(0)))
                while (await updates.next(SOON_S)).position != 0:
                    pass
            assert [position.account for position in portfolio.positions()] == ["DU2"]
            assert portfolio.last_updated >= before
            assert portfolio.error is None
            portfolio.close()
            portfolio.close()
            await gateway.hear(CancelPositions, CancelAccountSummary, CancelPnL)

    run(main)


def test_a_portfolio_in_the_simulator(play):
    async def case(client):
        async with await client.portfolio() as portfolio:
            assert portfolio.positions() == []
            assert portfolio.value("NetLiquidation") > 100_000
            async with client.position_updates() as positions:
                await bought(client)
                while (await positions.next(SOON_S)).position != 10:
                    pass
            assert portfolio.position(265598) == 10
            resting = await client.order(Contract.stock("AAPL")).buy(1).limit(1).submit()
            assert [trade.order_id for trade in portfolio.open_trades] == [resting.order_id]
            await client.cancel_order(resting)
            await resting.done()
            assert portfolio.open_trades == []

    play(case)
