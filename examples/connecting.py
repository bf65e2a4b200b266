"""Connect, look round, leave. Add --sim to run it without an account."""

from where import gateway

import ibfast


async def main() -> None:
    with gateway() as (host, port):
        async with await ibfast.Client.connect(host, port, client_id=100) as ib:
            print("server version", ib.server_version, "since", ib.connection_time)
            print("accounts", ib.accounts, "gateway time", await ib.current_time())


ibfast.run(main())
