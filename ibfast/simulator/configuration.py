"""The configuration of TWS that clients read and write."""

from __future__ import annotations

from typing import Any

from ibfast.schema import (
    ApiConfig,
    ApiPrecautionsConfig,
    ApiSettingsConfig,
    ConfigResponse,
    LockAndExitConfig,
    MessageConfig,
    OrdersConfig,
    OrdersSmartRoutingConfig,
    UpdateConfigRequest,
    UpdateConfigResponse,
    UpdateConfigWarning,
)
from ibfast.schema.declare import Message

READ_ONLY = UpdateConfigWarning(
    message_id=1, title="Read-Only API", message="In Read-Only mode the API cannot place, change or cancel orders."
)
RESET = UpdateConfigWarning(
    message_id=2, title="Reset API order ID sequence", message="Ids of orders that still work may be used again."
)
SECTIONS = ("lock_and_exit", "api", "orders")


class Configuration:
    """What is set, beginning with what TWS has after its installation."""

    def __init__(self) -> None:
        precautions = dict.fromkeys(ApiPrecautionsConfig.__fields__, False)
        self.lock_and_exit = LockAndExitConfig(
            auto_logoff_time="11:45", auto_logoff_period="PM", auto_logoff_type="restart"
        )
        self.messages = [
            MessageConfig(
                id=1, title="Order confirmation", message="Show the order before it is sent", default_action="OK",
                enabled=True,
            )
        ]  # fmt: skip
        self.api = ApiConfig(
            precautions=ApiPrecautionsConfig(**precautions),
            settings=ApiSettingsConfig(
                read_only_api=False, download_open_orders_on_connection=True, socket_port=4002,
                logging_level="Error", master_client_id=0, bulk_data_timeout=30, component_exch_separator="",
                allow_localhost_only=True, trusted_ips=["127.0.0.1"], encode_api_messages="UTF-8",
                send_instrument_timezone="instrument", reject_messages_above_max_rate=False,
            ),
        )  # fmt: skip
        self.orders = OrdersConfig(
            smart_routing=OrdersSmartRoutingConfig(
                seek_price_improvement=True, pre_open_reroute=False, do_not_route_to_dark_pools=False,
                default_algorithm="Smart",
            )
        )  # fmt: skip

    @property
    def read_only(self) -> bool:
        settings = self.api.settings
        return bool(settings is not None and settings.read_only_api)

    def response(self, req_id: int) -> ConfigResponse:
        return ConfigResponse(
            req_id=req_id, lock_and_exit=self.lock_and_exit, messages=self.messages, api=self.api, orders=self.orders
        )

    def update(self, request: UpdateConfigRequest) -> UpdateConfigResponse:
        """Take what a request sets, unless it has consequences that it has not accepted."""
        accepted = {warning.message_id for warning in request.accepted_warnings}
        warnings = [
            consequence for consequence in self._consequences(request) if consequence.message_id not in accepted
        ]
        if warnings:
            text = "Warnings have to be accepted first"
            return UpdateConfigResponse(req_id=request.req_id, status="warning", message=text, warnings=warnings)
        known = {message.id: message for message in self.messages}
        unknown = [f"messages: no message {item.id}" for item in request.messages if item.id not in known]
        if unknown:
            return UpdateConfigResponse(
                req_id=request.req_id, status="error", message="Nothing was changed", errors=unknown
            )
        changed = self._take(request)
        return UpdateConfigResponse(
            req_id=request.req_id, status="success", message="Configuration updated", changed_fields=changed
        )

    def _consequences(self, request: UpdateConfigRequest) -> list[UpdateConfigWarning]:
        settings = request.api.settings if request.api is not None else None
        found = [READ_ONLY] if settings is not None and settings.read_only_api and not self.read_only else []
        return [*found, RESET] if request.reset_api_order_sequence else found

    def _take(self, request: UpdateConfigRequest) -> list[str]:
        changed: list[str] = []
        for name in SECTIONS:
            wanted = getattr(request, name)
            if wanted is not None:
                setattr(self, name, _merged(getattr(self, name), wanted, name, changed))
        for message in request.messages:
            at = next(i for i, own in enumerate(self.messages) if own.id == message.id)
            self.messages[at] = _merged(self.messages[at], message, f"messages.{message.id}", changed)
        return changed


def _merged(old: Any, new: Message, path: str, changed: list[str]) -> Any:
    """``old`` with what is set in ``new``; the paths of what is different go to ``changed``."""
    values = {}
    for name in type(new).__fields__:
        value, before = getattr(new, name), getattr(old, name)
        if isinstance(value, Message) and before is not None:
            values[name] = _merged(before, value, f"{path}.{name}", changed)
        elif value is not None and value != [] and value != before:
            values[name] = value
            changed.append(f"{path}.{name}")
    return old.replace(**values)
