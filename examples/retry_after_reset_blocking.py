"""A request that meets a reset is asked again when the session is back; without async. --sim: no account."""

from where import gateway, hang_up

from ibfast import ConnectionLost, Contract, HealthState
from ibfast.blocking import Client

with gateway() as (host, port), Client.connect(host, port, client_id=100) as ib:
    hang_up()
    while True:
        try:
            print(len(ib.historical_data(Contract.stock("AAPL"), duration="1 D")), "bars")
            break
        except ConnectionLost as error:
            print("lost:", error)
            for health in ib.health():
                print("session:", health.state.value, health.reason)
                if health.state is HealthState.READY:
                    break
