"""What a market scanner finds. Add --sim to run it without an account."""

from where import gateway

import ibfast
from ibfast import ScannerSubscription


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            parameters = await ib.scanner_parameters()
            print(len(parameters.scan_types), "scans,", len(parameters.filters), "filters")
            gainers = ScannerSubscription(
                instrument="STK", location_code="STK.US.MAJOR", scan_code="TOP_PERC_GAIN", number_of_rows=5
            )
            for row in await ib.scan(gainers):
                contract = row.contract
                print(row.rank, contract.symbol if contract is not None else "", row.market_name)


ibfast.run(main())
