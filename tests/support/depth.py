"""Messages of market depth, and the contract that streams are opened for."""

from decimal import Decimal

from ibfast import Client, Contract
from ibfast.schema import (
    MarketDepth,
    MarketDepthData,
    MarketDepthL2,
)

WIRES = [176, 226]  # text, protobuf


INSERT, UPDATE, DELETE = range(3)


ASK, BID = range(2)


CALL = Contract.call("AAPL", strike=320, expiry="20260831")


def depth(req_id, position, operation, side, price=0.0, size=0, maker=None):
    data = MarketDepthData(position=position, operation=operation, side=side, price=price, size=Decimal(size))
    if maker is None:
        return MarketDepth(req_id=req_id, market_depth_data=data)
    smart = data.replace(market_maker=maker, is_smart_depth=True)
    return MarketDepthL2(req_id=req_id, market_depth_data=smart)


async def connected(gateway):
    return await Client.connect(gateway.host, gateway.port)
