"""The configuration of TWS, read and written."""

from __future__ import annotations

from ibfast.schema import ConfigRequest, UpdateConfigRequest
from ibfast.simulator.handlers.registry import answers
from ibfast.simulator.session import SimulatorSession


@answers(ConfigRequest)
def config(session: SimulatorSession, request: ConfigRequest) -> None:
    session.send(session.gateway.configuration.response(request.req_id or 0))


@answers(UpdateConfigRequest)
def update_config(session: SimulatorSession, request: UpdateConfigRequest) -> None:
    session.send(session.gateway.configuration.update(request))
