"""The configuration of TWS, read and written (servers 219 and 221 on).

A setting that is switched off is said to be False, one that is left alone is not said: the messages are ``explicit``.
"""

from ibfast.schema.declare import Bool, Int, Message, Str, field, incoming, outgoing
from ibfast.schema.versions import In, Out, V


class LockAndExitConfig(Message, explicit=True):
    """When TWS logs off or restarts by itself."""

    auto_logoff_time: Str = field(1)
    auto_logoff_period: Str = field(2)
    auto_logoff_type: Str = field(3)


class MessageConfig(Message, explicit=True):
    """One of the messages TWS asks its user about, and whether it is shown."""

    id: Int = field(1)
    title: Str = field(2)
    message: Str = field(3)
    default_action: Str = field(4)
    enabled: Bool = field(5)


class ApiPrecautionsConfig(Message, explicit=True):
    """Which precautions API orders bypass."""

    bypass_order_precautions: Bool = field(1)
    bypass_bond_warning: Bool = field(2)
    bypass_negative_yield_confirmation: Bool = field(3)
    bypass_called_bond_warning: Bool = field(4)
    bypass_same_action_pair_trade_warning: Bool = field(5)
    bypass_flagged_accounts_warning: Bool = field(6)
    bypass_price_based_volatility_warning: Bool = field(7)
    bypass_redirect_order_warning: Bool = field(8)
    bypass_no_overfill_protection: Bool = field(9)
    bypass_route_marketable_to_bbo: Bool = field(10)


class ApiSettingsConfig(Message, explicit=True):
    """The API settings of TWS."""

    read_only_api: Bool = field(1)
    total_quantity_for_mutual_funds: Bool = field(2)
    download_open_orders_on_connection: Bool = field(3)
    include_virtual_fx_positions: Bool = field(4)
    prepare_daily_pnl: Bool = field(5)
    send_status_updates_for_volatility_orders: Bool = field(6)
    encode_api_messages: Str = field(7)
    socket_port: Int = field(8)
    use_negative_auto_range: Bool = field(9)
    create_api_message_log_file: Bool = field(10)
    include_market_data_in_log_file: Bool = field(11)
    expose_trading_schedule_to_api: Bool = field(12)
    split_insured_deposit_from_cash_balance: Bool = field(13)
    send_zero_positions_for_today_only: Bool = field(14)
    let_api_account_requests_switch_subscription: Bool = field(15)
    use_account_groups_with_allocation_methods: Bool = field(16)
    logging_level: Str = field(17)
    master_client_id: Int = field(18)
    bulk_data_timeout: Int = field(19)
    component_exch_separator: Str = field(20)
    show_forex_data_in1_10_pips: Bool = field(21)
    allow_forex_trading_in1_10_pips: Bool = field(22)
    round_account_values_to_nearest_whole_number: Bool = field(23)
    send_market_data_in_lots_for_us_stocks: Bool = field(24)
    show_advanced_order_reject_in_ui: Bool = field(25)
    reject_messages_above_max_rate: Bool = field(26)
    maintain_connection_on_incorrect_fields: Bool = field(27)
    compatibility_mode_nasdaq_stocks: Bool = field(28)
    send_instrument_timezone: Str = field(29)
    send_forex_data_in_compatibility_mode: Bool = field(30)
    maintain_and_resubmit_orders_on_reconnect: Bool = field(31)
    historical_data_max_size: Int = field(32)
    auto_report_netting_event_contract_trades: Bool = field(33)
    option_exercise_request_type: Str = field(34)
    allow_localhost_only: Bool = field(35)
    trusted_ips: list[str] = field(36)


class ApiConfig(Message, explicit=True):
    """All that TWS configures for its API."""

    precautions: ApiPrecautionsConfig | None = field(1)
    settings: ApiSettingsConfig | None = field(2)


class OrdersSmartRoutingConfig(Message, explicit=True):
    """How TWS routes SMART orders."""

    seek_price_improvement: Bool = field(1)
    pre_open_reroute: Bool = field(2)
    do_not_route_to_dark_pools: Bool = field(3)
    default_algorithm: Str = field(4)


class OrdersConfig(Message, explicit=True):
    """What TWS configures for orders."""

    smart_routing: OrdersSmartRoutingConfig | None = field(1)


@outgoing(Out.REQ_CONFIG, protobuf=V.CONFIG, since=V.CONFIG)
class ConfigRequest(Message):
    """Ask for the configuration of TWS."""

    req_id: Int = field(1)


@incoming(In.CONFIG_RESPONSE, protobuf=V.CONFIG, since=V.CONFIG)
class ConfigResponse(Message):
    """The configuration of TWS."""

    req_id: Int = field(1)
    lock_and_exit: LockAndExitConfig | None = field(2)
    messages: list[MessageConfig] = field(3)
    api: ApiConfig | None = field(4)
    orders: OrdersConfig | None = field(5)


class UpdateConfigWarning(Message, explicit=True):
    """A consequence of a change of configuration that must be accepted first."""

    message_id: Int = field(1)
    title: Str = field(2)
    message: Str = field(3)


@outgoing(Out.UPDATE_CONFIG, protobuf=V.UPDATE_CONFIG, since=V.UPDATE_CONFIG)
class UpdateConfigRequest(Message, explicit=True):
    """Change the configuration of TWS."""

    req_id: Int = field(1)
    lock_and_exit: LockAndExitConfig | None = field(2)
    messages: list[MessageConfig] = field(3)
    api: ApiConfig | None = field(4)
    orders: OrdersConfig | None = field(5)
    accepted_warnings: list[UpdateConfigWarning] = field(6)
    reset_api_order_sequence: Bool = field(7)


@incoming(In.UPDATE_CONFIG_RESPONSE, protobuf=V.UPDATE_CONFIG, since=V.UPDATE_CONFIG)
class UpdateConfigResponse(Message):
    """What a change of configuration has done."""

    req_id: Int = field(1)
    status: Str = field(2)
    message: Str = field(3)
    changed_fields: list[str] = field(4)
    errors: list[str] = field(5)
    warnings: list[UpdateConfigWarning] = field(6)
