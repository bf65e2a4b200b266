"""Connect, look round, leave; without async. Add --sim to run it without an account."""

from where import gateway

from ibfast.blocking import Client

with gateway() as (host, port), Client.connect(host, port, client_id=100) as ib:
    print("server version", ib.server_version, "since", ib.connection_time)
    print("accounts", ib.accounts, "gateway time", ib.current_time())
