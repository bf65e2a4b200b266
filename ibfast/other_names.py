"""The names that ibapi and ib_async have for what is here: who types one of them is told ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Never

_PREFIXES = ("req", "request", "get", "query")
_SUFFIXES = ("async", "protobuf", "event")

CLIENT = {
    "accountsummary": "account_summary() or account_summary_updates()",
    "accountvalue": "account_updates() or portfolio()",
    "accountvalues": "account_values(), or portfolio() to follow them",
    "barupdate": "keep_up_to_date() or real_time_bars()",
    "bracketorder": "order(contract).buy(quantity).bracket(entry=, take_profit=, stop_loss=)",
    "cancelledorder": "order_updates()",
    "cancelorder": "cancel_order(trade)",
    "commissionreport": "order_updates()",
    "config": "configuration()",
    "configprotobuf": "configuration()",
    "connect": "Client.connect(host, port, client_id=)",
    "connected": "health()",
    "contractdata": "contract_details()",
    "currenttimeinmillis": "current_time_in_ms()",
    "disconnect": "close()",
    "disconnected": "health()",
    "error": "notices(), and the RequestError of each request",
    "errors": "notices()",
    "events": "a stream of each: order_updates(), position_updates(), notices(), health()",
    "execdetails": "order_updates()",
    "fa": "request_fa()",
    "fills": "executions(), or fills of each trade",
    "fundamentaldata": "gone from the API of TWS",
    "globalcancel": "cancel_all_orders()",
    "histogramdata": "histogram()",
    "ids": "made by the client: order ids and request ids need not be asked for",
    "isconnected": "is_connected",
    "loopuntil": "asyncio.sleep()",
    "managedaccounts": "accounts, or managed_accounts()",
    "managedaccts": "managed_accounts()",
    "marketdepth": "depth() or book()",
    "marketdepthexchanges": "depth_exchanges()",
    "maxsyncedsubaccounts": "not needed: connecting asks for nothing",
    "mktdata": "market_data() or quote()",
    "mktdepth": "depth() or book()",
    "mktdepthexchanges": "depth_exchanges()",
    "neworder": "order_updates()",
    "newsbulletin": "news_bulletins()",
    "newsticks": "broad_tape()",
    "onecancelsall": "oca(group, ...)",
    "openorder": "order_updates()",
    "opentrades": "open_orders()",
    "ordermodify": "order_updates()",
    "orders": "open_orders()",
    "orderstatus": "order_updates()",
    "pendingtickers": "quote(), several of them zipped()",
    "placeorder": "place_order(contract, order), or order(contract).buy(quantity).limit(price).submit()",
    "pnlsingle": "pnl_single()",
    "position": "position_updates()",
    "qualifycontracts": "qualify()",
    "raiserequesterrors": "always so here: a refused request raises RequestError",
    "realtimebars": "real_time_bars()",
    "replacefa": "replace_fa()",
    "requesttimeout": "request_timeout_s= of Client.connect",
    "run": "ibfast.run(main())",
    "runasync": "ibfast.run(main())",
    "scannerdata": "scan()",
    "scannersubscription": "scan() or scanner_updates()",
    "schedule": "call_later() of asyncio's loop",
    "secdefoptparams": "option_chain() or option_chains()",
    "serverversion": "server_version",
    "setconnectoptions": "not needed",
    "setconnstate": "not needed",
    "setoptionalcapabilities": "not needed",
    "setserverloglevel": "set_server_log_level()",
    "settimeout": "idle_s= of Client.connect",
    "sleep": "asyncio.sleep()",
    "startapi": "done by Client.connect",
    "subscribetogroupevents": "display_group_updates()",
    "tickbytick": "tick_by_tick()",
    "tickbytickdata": "tick_by_tick()",
    "ticker": "quote()",
    "tickers": "quote()",
    "ticknews": "broad_tape()",
    "timeout": "idle_s= of Client.connect, and health()",
    "timerange": "asyncio.sleep()",
    "timezonetws": "not needed: datetimes have their time zone",
    "twsconnectiontime": "connection_time",
    "unsubscribefromgroupevents": "close() of the stream",
    "update": "a stream of each: order_updates(), position_updates(), notices()",
    "updateconfig": "update_configuration()",
    "updatedisplaygroup": "update_display_group()",
    "updateportfolio": "account_updates() or portfolio()",
    "waitonupdate": "a stream: async for, or its next()",
    "waituntil": "asyncio.sleep()",
    "whatiforder": "what_if_order(contract, order)",
    "wsh": "wsh_event_data()",
    "wshmeta": "wsh_meta_data()",
}
"""Where theirs is not ours in another spelling; keys without prefix, suffix and case."""

FIELDS = {
    "slorderid": "attach_preset(stop_loss=True) of the order builder",
    "ptorderid": "attach_preset(take_profit=True) of the order builder",
    "etradeonly": "gone from the API of TWS",
    "firmquoteonly": "gone from the API of TWS",
    "nbbopricecap": "gone from the API of TWS",
    "lasttradetime": "the time in last_trade_date_or_contract_month of the contract",
    "pendingpricerevision": "is_price_revision_pending",
    "primaryexchange": "primary_exch",
    "lasttradedateorcontractmonth": "last_trade_date_or_contract_month",
    "faprofile": "fa_group",
    "ordercombolegs": "combo_legs of the contract, per_leg_price of each leg",
    "commission": "commission_and_fees",
    "commissioncurrency": "commission_and_fees_currency",
}
"""Fields of contracts, orders and reports that are called otherwise here."""

ARGUMENTS = {
    "barsizesetting": "bar_size",
    "durationstr": "duration",
    "enddatetime": "end",
    "startdatetime": "start",
    "generictickliststr": "generic_ticks",
    "genericticklist": "generic_ticks",
    "numrows": "rows",
    "issmartdepth": "smart",
    "regulatorysnaphsot": "regulatory_snapshot",
    "timeout": "timeout_s",
    "readonly": "read_only",
    "lasttradedateorcontractmonth": "expiry",
    "primaryexchange": "primary_exch",
    "timeperiod": "period",
    "marketdatatype": "kind",
    "modelcode": "model_code",
    "totalquantity": "quantity",
    "lmtprice": "price",
}
"""Arguments that are called otherwise here."""


def plain(name: str) -> str:
    """A name without case and underscores: both ways of writing names come to the same."""
    return name.replace("_", "").lower()


def spelled_here(theirs: str, ours: Iterable[str], others: dict[str, str]) -> str:
    """What a name of the other libraries is called among ``ours``; empty if nobody knows."""
    known = {plain(name): name for name in ours}
    key = plain(theirs)
    return known.get(key) or others.get(key, "")


def method_here(theirs: str, ours: Iterable[str]) -> str:
    """What a method or event of their clients is here, in words; empty if nobody knows."""
    ours = list(ours)
    key = plain(theirs)
    spellings = [key]
    for suffix in _SUFFIXES:
        spellings += [spelling.removesuffix(suffix) for spelling in spellings if spelling.endswith(suffix)]
    for prefix in _PREFIXES:
        spellings += [spelling.removeprefix(prefix) for spelling in spellings if spelling.startswith(prefix)]
    for spelling in spellings:
        if found := spelled_here(spelling, ours, CLIENT):
            return found
    if theirs.startswith("cancel"):
        return "close() of the stream; a request is cancelled with its task"
    return ""


def no_such_member(owner: object, name: str) -> Never:
    """Raise what Python would, with the name that the member has here.

    Raises:
        AttributeError: always.
    """
    said = f"{type(owner).__name__!r} object has no attribute {name!r}"
    if name != name.lower() or name in CLIENT:
        ours = [member for member in dir(type(owner)) if not member.startswith("_")]
        if found := method_here(name, ours):
            said += f"; here it is {found}"
    raise AttributeError(said, name=name, obj=owner)


def no_such_field(cls: type[Any], name: str) -> str:
    """The text of an error about a field that a message class has not, with the field that was meant."""
    said = f"{cls.__name__} has no field {name!r}"
    if found := spelled_here(name, cls.__fields__, FIELDS):
        return f"{said}; did you mean {found!r}?" if found in cls.__fields__ else f"{said}; here it is {found}"
    from difflib import get_close_matches

    near = get_close_matches(name, list(cls.__fields__), 1)
    return f"{said}; did you mean {near[0]!r}?" if near else said
