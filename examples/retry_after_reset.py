"""A request that meets a reset is asked again when the session is back; streams go on. --sim: no account."""

from where import gateway, hang_up

import ibfast
from ibfast import ConnectionLost, Contract, Gap, HealthState


async def ready(ib: ibfast.Client) -> None:
    async for health in ib.health():
        print("session:", health.state.value, health.reason)
        if health.state is HealthState.READY:
            return


async def main() -> None:
    with gateway() as (host, port):
        async with (
            await ibfast.Client.connect(host, port, client_id=100) as ib,
            ib.market_data(Contract.stock("AAPL")) as ticks,
        ):
            await ticks.next(timeout_s=10)
            hang_up()
            while True:
                try:
                    print(len(await ib.historical_data(Contract.stock("AAPL"), duration="1 D")), "bars")
                    break
                except ConnectionLost as error:
                    print("lost:", error)
                    await ready(ib)
            async for item in ticks.with_gaps():
                if isinstance(item, Gap):
                    print(f"the stream was interrupted for {(item.end_ns - item.begin_ns) / 1e9:.1f} s")
                    break


ibfast.run(main())
