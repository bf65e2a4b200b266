"""What an order would do to margin, and cost, without placing it. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import Contract


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            for quantity in (10, 100):
                answer = await ib.order(Contract.stock("AAPL")).buy(quantity).market().what_if()
                print(
                    f"{quantity:4} shares: initial margin {answer.init_margin_change} more, "
                    f"{answer.init_margin_after} in all; commission {answer.commission} {answer.commission_currency}"
                )


ibfast.run(main())
