"""Accounts: figures, positions, profit and loss; one answer and streams, several who follow the same."""

import asyncio
import sys
from decimal import Decimal

import pytest
from support.bought import AAPL, bought
from support.client import SOON_S
from support.gateway import Gateway

from ibfast import AccountTag, Client, ConnectionLost, Contract, DecodeError, RequestTimeout, wire
from ibfast.requests.account_figures import AccountFigure, value_of
from ibfast.schema import (
    AccountDataEnd,
    AccountDataRequest,
    AccountSummary,
    AccountSummaryEnd,
    AccountSummaryRequest,
    AccountUpdateMulti,
    AccountUpdateMultiEnd,
    AccountUpdatesMultiRequest,
    AccountUpdateTime,
    AccountValue,
    CancelAccountSummary,
    CancelPnL,
    CancelPositions,
    CurrentTime,
    CurrentTimeRequest,
    PnL,
    PnLRequest,
    PnLSingle,
    PnLSingleRequest,
    PortfolioValue,
    Position,
    PositionEnd,
    PositionsRequest,
)
from ibfast.session.health import HealthState

WIRES = [176, 203, 226]


# ------------------------------------------------------------------------------------------- against the simulator


def test_a_summary(play):
    async def case(client):
        figures = await client.account_summary([AccountTag.NET_LIQUIDATION, "AccountType"])
        found = {figure.tag: figure for figure in figures}
        assert set(found) == {"NetLiquidation", "AccountType"}
        assert found["NetLiquidation"].value > 100_000
        assert isinstance(found["NetLiquidation"].value, Decimal)
        assert (found["NetLiquidation"].currency, found["NetLiquidation"].account) == ("USD", "DU1234567")
        assert (found["AccountType"].value, found["AccountType"].currency) == ("INDIVIDUAL", None)
        assert len(await client.account_summary()) > 15

    play(case)


def test_positions_after_a_trade(play):
    async def case(client):
        assert await client.positions() == []
        await bought(client)
        (held,) = await client.positions()
        assert (held.account, held.contract.con_id, held.position) == ("DU1234567", 265598, Decimal(10))
        assert held.avg_cost > 0
        (multi,) = await client.positions_multi("DU1234567")
        assert (multi.position, multi.contract.symbol) == (Decimal(10), "AAPL")

    play(case)


def test_positions_are_followed(play):
    async def case(client):
        async with client.position_updates() as positions:
            await positions.complete()
            assert positions.try_next() is None
            await bought(client)
            assert (await positions.next(SOON_S)).position == Decimal(10)
            assert positions.latest.position == Decimal(10)
        assert positions.is_closed

    play(case)


def test_values_and_portfolio_of_an_account(play):
    async def case(client):
        await bought(client)
        for account in ("", "DU1234567"):
            snapshot = await client.account_values(account)
            assert snapshot.account == "DU1234567"
            assert snapshot.value("NetLiquidation", "USD") == snapshot.value("NetLiquidation")
            assert snapshot.value("AccountCode") == "DU1234567"
            (row,) = snapshot.portfolio
            assert (row.position, row.contract.con_id) == (Decimal(10), 265598)
            assert snapshot.time
            with pytest.raises(KeyError, match="in EUR"):
                snapshot.value("NetLiquidation", "EUR")
        figures = await client.account_values_multi("DU1234567")
        assert {"NetLiquidation", "BuyingPower"} <= {figure.tag for figure in figures}

    play(case)


def test_an_account_is_followed(play):
    async def case(client):
        async with client.account_updates() as updates:
            await updates.complete()
            assert (await updates.next(SOON_S)).account == "DU1234567"
            async with client.account_updates() as others:
                await others.complete()
            with pytest.raises(ValueError, match="one account at a time"):
                await client.account_values("DU7")
        assert (await client.account_values("")).account == "DU1234567"

    play(case)


# ------------------------------------------------------------------------------------- against a scripted gateway


@pytest.mark.parametrize("number", WIRES)
def test_profit_and_loss(run, connect, number):
    async def main():
        async with Gateway(number) as gateway, await connect(gateway) as client:
            async with client.pnl("DU1", "model") as pnl, client.pnl_single("DU1", 265598) as single:
                request = await gateway.hear(PnLRequest)
                assert (request.account, request.model_code) == ("DU1", "model")
                gateway.say(PnL(req_id=request.req_id, daily_pnl=1.5, unrealized_pnl=2.0, realized_pnl=None))
                found = await pnl.next(SOON_S)
                assert (found.daily_pnl, found.unrealized_pnl, found.realized_pnl) == (1.5, 2.0, None)
                assert pnl.latest == found
                nothing = dict.fromkeys(("daily_pnl", "unrealized_pnl", "realized_pnl"), sys.float_info.max)
                gateway.say(PnL(req_id=request.req_id, **nothing))  # how TWS says that it has computed none
                assert await pnl.next(SOON_S) == PnL(req_id=request.req_id)
                request = await gateway.hear(PnLSingleRequest)
                gateway.say(PnLSingle(req_id=request.req_id, position=Decimal(3), daily_pnl=0.5, value=7.0))
                assert (await single.next(SOON_S)).position == Decimal(3)
            await gateway.hear(CancelPnL)

    run(main)


@pytest.mark.parametrize("number", WIRES)
def test_a_summary_is_followed_until_it_is_closed(run, connect, number):
    async def main():
        async with Gateway(number) as gateway, await connect(gateway) as client:
            async with client.account_summary_updates(["Cushion"]) as summary:
                req_id = (await gateway.hear(AccountSummaryRequest)).req_id
                gateway.say(AccountSummary(req_id=req_id, account="DU1", tag="Cushion", value="0.5", currency=""))
                gateway.say(AccountSummaryEnd(req_id=req_id))
                await summary.complete()
                gateway.say(AccountSummary(req_id=req_id, account="DU1", tag="Cushion", value="0.25", currency=""))
                assert [(await summary.next(SOON_S)).value for _ in range(2)] == [Decimal("0.5"), Decimal("0.25")]
            await gateway.hear(CancelAccountSummary)
            with pytest.raises(ValueError, match="tags"):
                await client.account_summary([])

    run(main)


@pytest.mark.parametrize("number", WIRES)
def test_one_subscription_for_all_who_follow_positions(run, number):
    def row(account, position):
        return Position(account=account, contract=AAPL.replace(con_id=265598), position=Decimal(position))

    async def main():
        async with Gateway(number) as gateway, await Client.connect(gateway.host, gateway.port) as client:
            asking = [asyncio.create_task(client.positions()) for _ in range(3)]
            await gateway.hear(PositionsRequest)
            gateway.say(row("A", 1), row("B", 2), PositionEnd())
            assert [[item.account for item in await one] for one in asking] == [["A", "B"]] * 3
            await gateway.hear(CancelPositions)
            assert [type(item) for item in gateway.heard[1:]] == [PositionsRequest, CancelPositions]
            gateway.heard.clear()
            async with client.position_updates() as first:
                await gateway.hear(PositionsRequest)
                gateway.say(row("A", 1), PositionEnd(), row("A", 5))
                assert [(await first.next(SOON_S)).position for _ in range(2)] == [1, 5]
                async with client.position_updates() as second:
                    assert (await second.next(SOON_S)).position == 5
                assert [position.position for position in await client.positions()] == [5]
                assert len(gateway.heard) == 1
            await gateway.hear(CancelPositions)

    run(main)


@pytest.mark.parametrize("number", WIRES)
def test_the_picture_of_who_left_early_is_not_the_next_ones(run, connect, number):
    async def main():
        async with Gateway(number) as gateway, await connect(gateway) as client:
            async with client.position_updates():
                await gateway.hear(PositionsRequest)
            asking = asyncio.create_task(client.current_time())
            await gateway.hear(CurrentTimeRequest)
            assert not any(isinstance(item, CancelPositions) for item in gateway.heard)
            gateway.say(CurrentTime(current_time=1), Position(account="A", contract=AAPL), PositionEnd())
            await asking
            await gateway.hear(CancelPositions)
            gateway.heard.clear()
            asking = asyncio.create_task(client.positions())
            await gateway.hear(PositionsRequest)
            gateway.say(Position(account="B", contract=AAPL), PositionEnd())
            assert [item.account for item in await asking] == ["B"]

    run(main)


@pytest.mark.parametrize("number", WIRES)
def test_accounts_take_turns(run, connect, number):
    class Accounts(Gateway):
        def _hear(self, payload):
            super()._hear(payload)
            if self.heard and isinstance(self.heard[-1], AccountDataRequest) and self.heard[-1].subscribe:
                name = self.heard[-1].acct_code
                self.say(
                    AccountValue(key="AccountCode", value=name, account_name=name),
                    AccountValue(key="NetLiquidation", value="7", currency="USD", account_name="somebody"),
                    PortfolioValue(contract=AAPL.replace(con_id=1), position=Decimal(1), account_name=name),
                    AccountUpdateTime(time_stamp="15:04"),
                    AccountDataEnd(account_name="somebody"),
                    AccountDataEnd(account_name=name),
                )

    async def main():
        async with Accounts(number) as gateway, await connect(gateway) as client:
            names = ["DU1", "DU2", "DU1", "DU3"]
            found = await asyncio.gather(*(client.account_values(name) for name in names))
            assert [item.account for item in found] == names
            assert [[figure.value for figure in row.figures] for row in found] == [[name] for name in names]
            assert {item.time for item in found} == {"15:04"}
            told = [(item.subscribe, item.acct_code) for item in gateway.heard if isinstance(item, AccountDataRequest)]
            begun, ended = told[0::2], told[1::2]
            assert {name for _, name in begun} == set(names)
            assert ended == [(False, name) for _, name in begun[: len(ended)]]
            assert all(on for on, _ in begun)

    run(main)


@pytest.mark.parametrize("number", [176, 226])
def test_a_position_that_cannot_be_read_fails_who_waits_for_the_picture(run, connect, number):
    async def main():
        async with Gateway(number) as gateway, await connect(gateway) as client:
            asking = asyncio.create_task(client.positions())
            await gateway.hear(PositionsRequest)
            whole = wire.encode(Position(account="A", contract=AAPL, position=Decimal(1), avg_cost=2.0), number)
            spoiled = whole[:-1] if number == 226 else whole[:-8]
            gateway.transport.write(wire.frame(spoiled))
            with pytest.raises(DecodeError):
                await asking
            assert client.is_connected

    run(main)


def test_a_picture_that_does_not_come(run, connect):
    async def main():
        async with Gateway() as gateway, await connect(gateway, request_timeout_s=1.0) as client:
            with pytest.raises(RequestTimeout, match="first answer of a subscription"):
                await client.positions()
            await gateway.hear(PositionsRequest)
            gateway.heard.clear()
            asking = asyncio.create_task(client.positions())
            await gateway.hear(PositionsRequest)
            gateway.say(PositionEnd())
            assert await asking == []

    run(main)


def test_what_is_followed_is_asked_for_anew(run):
    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:
            client._connection._sleep = lambda seconds: asyncio.sleep(0)
            async with client.position_updates() as positions, client.pnl("DU1") as pnl:
                await gateway.hear(PositionsRequest, PnLRequest)
                gateway.heard.clear()
                gateway.hang_up()
                await gateway.hear(PositionsRequest, PnLRequest)
                request = await gateway.hear(PnLRequest)
                gateway.say(Position(account="B", contract=AAPL), PnL(req_id=request.req_id, daily_pnl=1.0))
                assert (await positions.next(SOON_S)).account == "B"
                assert (await pnl.next(SOON_S)).daily_pnl == 1.0

    run(main)


def test_what_could_not_be_opened_can_be_opened_later(run):
    async def main():
        async with Gateway() as gateway, await Client.connect(gateway.host, gateway.port) as client:
            back = asyncio.Event()
            client._connection._sleep = lambda seconds: back.wait()
            gateway.hang_up()
            health = client.health()
            while (await health.next(SOON_S)).state is not HealthState.RECONNECTING:
                pass
            positions, pnl = client.position_updates(), client.pnl("DU1")
            for stream in (positions, pnl):
                with pytest.raises(ConnectionLost, match="made anew"):
                    stream.try_next()
            back.set()
            while (await health.next(SOON_S)).state is not HealthState.READY:
                pass
            async with positions, pnl:
                request = await gateway.hear(PnLRequest, PositionsRequest)
                gateway.say(Position(account="B", contract=AAPL), PnL(req_id=request.req_id, daily_pnl=1.0))
                assert (await positions.next(SOON_S)).account == "B"
                assert (await pnl.next(SOON_S)).daily_pnl == 1.0

    run(main)


LEDGER_ROWS = [  # in TWS's order: of the account, then of the ledger
    ("AccruedCash", "1.5", "USD"), ("NetLiquidation", "1000", "USD"), ("Currency", "USD", "USD"),
    ("CashBalance", "900", "USD"), ("AccruedCash", "0.5", "USD"), ("CashBalance", "80", "EUR"),
    ("AccruedCash", "0.25", "EUR"),
]  # fmt: skip
ACCOUNT_ROWS = 2


def ledger_rows(marked):
    prefix = "$LEDGER-" if marked else ""
    for place, (tag, value, currency) in enumerate(LEDGER_ROWS):
        yield (tag if place < ACCOUNT_ROWS else prefix + tag), value, currency


def ledger_answer(request, marked):
    """What a gateway says of the rows above, in whichever way it is asked for them."""
    rows = list(ledger_rows(marked))
    if isinstance(request, AccountDataRequest) and request.subscribe:
        names = ({"key": key, "value": value, "currency": currency} for key, value, currency in rows)
        yield from (AccountValue(account_name="DU1", **name) for name in names)
        yield AccountUpdateTime(time_stamp="15:04")
        yield AccountDataEnd(account_name="DU1")
    elif isinstance(request, AccountUpdatesMultiRequest):
        told = {"req_id": request.req_id, "account": "DU1"}
        yield from (
            AccountUpdateMulti(key=key, value=value, currency=currency, **told) for key, value, currency in rows
        )
        yield AccountUpdateMultiEnd(req_id=request.req_id)
    elif isinstance(request, AccountSummaryRequest):
        told = {"req_id": request.req_id, "account": "DU1"}
        yield from (AccountSummary(tag=tag, value=value, currency=currency, **told) for tag, value, currency in rows)
        yield AccountSummaryEnd(req_id=request.req_id)


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "unmarked"])
@pytest.mark.parametrize("number", WIRES)
def test_the_ledger_and_the_account_do_not_overwrite_each_other(run, connect, number, marked):
    class Accounts(Gateway):
        def _hear(self, payload):
            before = len(self.heard)
            super()._hear(payload)
            for message in self.heard[before:]:
                self.say(*ledger_answer(message, marked))

    async def main():
        async with Accounts(number) as gateway, await connect(gateway) as client:
            snapshot = await client.account_values()
            multi, summary = await client.account_values_multi("DU1"), await client.account_summary(["$LEDGER:ALL"])
            for figures in (snapshot.figures, multi, summary):
                assert [(figure.tag, str(figure.value), figure.currency) for figure in figures] == LEDGER_ROWS
                assert [figure.is_ledger for figure in figures] == [
                    marked and place >= 2 for place in range(len(LEDGER_ROWS))
                ]
            assert snapshot.value("CashBalance", currency="EUR") == 80
            assert snapshot.value("AccruedCash", currency="EUR") == Decimal("0.25")
            assert snapshot.value("AccruedCash", currency="USD") == Decimal("1.5")
            assert snapshot.value("AccruedCash") == Decimal("1.5")
            assert snapshot.value("Currency") == "USD"
            async with client.account_updates() as updates, client.account_updates() as later:
                await updates.complete()
                await later.complete()
                assert [figure.tag for figure in updates.snapshot if isinstance(figure, AccountFigure)] == [
                    tag for tag, _, _ in LEDGER_ROWS
                ]
                gateway.say(
                    AccountValue(key="AccruedCash", value="1.75", currency="USD", account_name="DU1"),
                    AccountUpdateTime(time_stamp="15:07"),
                )
                for stream in (updates, later):
                    while getattr(await stream.next(SOON_S), "time_stamp", "") != "15:07":
                        pass
                    accrued = [item for item in stream.snapshot if getattr(item, "tag", "") == "AccruedCash"]
                    assert [str(item.value) for item in accrued] == ["1.75", "0.5", "0.25"]

    run(main)


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("NetLiquidation", "1000.50", Decimal("1000.50")),
        ("Cushion", "1e-3", Decimal("0.001")),
        ("AccountCode", "1234567", "1234567"),
        ("AccountReady", "true", "true"),
        ("SettledCashByDate", "20260824:-144.3", "20260824:-144.3"),
        ("Leverage", "NaN", "NaN"),
        ("LookAheadInitMarginReq", "1.7976931348623157E308", "1.7976931348623157E308"),
        ("Anything", "", ""),
    ],
)
def test_numbers_are_numbers(tag, text, value):
    assert value_of(tag, text) == value
    assert type(value_of(tag, text)) is type(value)


def test_what_positions_return_can_be_traded_and_followed(play):
    """The contract of a future names no exchange, as recorded; an order needs one."""

    async def case(client):
        es = Contract(local_symbol="ESZ6", sec_type="FUT", exchange="CME")
        trade = await client.order(es).buy(1).market().submit()
        await trade.filled()
        (position,) = await client.positions()
        assert position.contract.exchange is None
        with pytest.raises(ValueError, match=r"contract\.exchange: .*qualify"):
            await client.order(position.contract).sell(1).market().submit()
        (future,) = await client.qualify(position.contract)
        assert future.exchange == "CME"
        async with client.quote(future) as quote:
            await quote.next(SOON_S)
        await (await client.order(future).sell(1).market().submit()).filled()
        assert [item.position for item in await client.positions()] == [0]

    play(case)
