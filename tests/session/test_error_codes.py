"""The table of error codes, row by row, and what each does to its request or order; no sockets, no loop."""

import re

import pytest

from ibfast import Contract, ErrorKind, Order, RequestError
from ibfast.error_codes import TABLE, OrderEffect, RequestKind, Signal, Verdict, classify, find, order_effect
from ibfast.orders.trade import Trade
from ibfast.schema import (
    AccountSummaryRequest,
    ContractDataRequest,
    ErrorMessage,
    HistoricalDataRequest,
    HistoricalNewsRequest,
    ManagedAccounts,
    MarketDataRequest,
    MarketDataTypeRequest,
    MarketDepthRequest,
    NextValidId,
    PnLSingleRequest,
    RealTimeBarsRequest,
    ScannerSubscriptionRequest,
    SecDefOptParamsRequest,
    TickByTickRequest,
    WshMetaDataRequest,
)
from ibfast.session.health import farm_of
from ibfast.session.pending import PendingRequest
from ibfast.session.session import Session

AAPL = Contract.stock("AAPL")
HISTORY_SAYS = "Historical Market Data Service error message:"
QUERY_SAYS = "Historical Market Data Service query message:"
NOT_SUBSCRIBED = "Requested market data requires additional subscription for API."

TEXTS = {
    (162, "pacing"): [HISTORY_SAYS + "Historical data request pacing violation"],
    (162, "cancell?ed"): [
        HISTORY_SAYS + "API historical data query cancelled: 7",
        HISTORY_SAYS + "API scanner subscription cancelled: 7",
    ],
    (162, "permission|different IP"): [
        HISTORY_SAYS + "No market data permissions for ISLAND STK",
        HISTORY_SAYS + "Trading TWS session is connected from a different IP address",
    ],
    (165, "HMDS server|connect"): [
        QUERY_SAYS + "HMDS server connection was successful.",
        QUERY_SAYS + "HMDS server disconnect occurred.  Attempting reconnection...",
    ],
    (165, "no items"): [QUERY_SAYS + "no items retrieved"],
    (165, "no items|no data"): [
        QUERY_SAYS + "no items retrieved",
        QUERY_SAYS + "No data of type EODChart is available",
    ],
    (202, r"reason:\s*\S"): ["Order Canceled - reason:The order was cancelled by the exchange."],
    (420, "pacing"): ["Invalid Real-time Query:Historical data request pacing violation"],
    (10089, "delayed .*available"): [
        NOT_SUBSCRIBED + " See link.Delayed market data is available.AAPL NASDAQ.NMS/TOP/ALL"
    ],
}
"""What TWS says in the rows that are for some texts only."""

GENERAL_TEXTS = {165: QUERY_SAYS + "50 out of 435 items retrieved", 202: "Order Canceled - reason:"}

REQUESTS = {
    RequestKind.MARKET_DATA: MarketDataRequest,
    RequestKind.DELAYED_DATA: MarketDataRequest,
    RequestKind.DEPTH: MarketDepthRequest,
    RequestKind.TICK_BY_TICK: TickByTickRequest,
    RequestKind.REAL_TIME_BARS: RealTimeBarsRequest,
    RequestKind.HISTORY: HistoricalDataRequest,
    RequestKind.KEPT_UP_BARS: lambda **fields: HistoricalDataRequest(keep_up_to_date=True, **fields),
    RequestKind.SCAN: ScannerSubscriptionRequest,
    RequestKind.SCANNER: ScannerSubscriptionRequest,
    RequestKind.CONTRACT: ContractDataRequest,
    RequestKind.ACCOUNT: AccountSummaryRequest,
    RequestKind.NEWS: HistoricalNewsRequest,
    RequestKind.WSH: WshMetaDataRequest,
    RequestKind.OTHER: SecDefOptParamsRequest,
}


def name(row):
    return f"{row.code}-{row.text or ''}-{'-'.join(kind.name for kind in row.requests or ())}"


def texts_of(row):
    return TEXTS[row.code, row.text] if row.text is not None else [GENERAL_TEXTS.get(row.code, "")]


class Waiter(PendingRequest):
    """An answer that is waited for."""

    def __init__(self):
        super().__init__(lambda answer: None)


class Subscription:
    """A stream that outlives its request."""

    durable = True
    error = None

    def noticed(self, message):
        """Told among the notices too."""

    def failed(self, error):
        self.error = error


def session():
    notices, failures, ended = [], [], []
    core = Session(1, on_notice=notices.append, on_failure=failures.append)
    core.on_ended = lambda stream, error: ended.append((stream, error))
    core.start()
    core.on_server_hello(b"226\x0020260826 11:00:07 US/Eastern\0")
    core.received(ManagedAccounts(accounts_list="DU1234567"))
    core.received(NextValidId(order_id=1))
    return core, notices, failures, ended


# ------------------------------------------------------------------------------------------------ the table itself


@pytest.mark.parametrize("row", TABLE, ids=name)
def test_every_row_is_found_by_what_it_is_for(row):
    for text in texts_of(row):
        for request in row.requests or (RequestKind.OTHER,):
            assert find(row.code, request, text) == row


def test_the_table_is_in_order_and_each_code_ends_with_a_row_for_all_texts():
    assert [row.code for row in TABLE] == sorted(row.code for row in TABLE)
    last = {row.code: row for row in TABLE}
    assert all(row.text is None for row in last.values())
    assert all(row.meaning and row.source in ("IB", "client", "seen", "reported") for row in TABLE)


def test_a_retry_and_a_refusal_are_not_of_a_kind_that_nobody_waits_for():
    for row in TABLE:
        assert row.verdict is not Verdict.RETRY or row.kind in (ErrorKind.CONNECTIVITY, ErrorKind.WARNING), name(row)
        assert row.kind is not ErrorKind.WARNING or row.verdict is not Verdict.ENDS or row.code in (2101, 2102)


def test_all_of_ib_s_published_codes_are_there():
    published = {
        *range(100, 112), *range(113, 122), *range(122, 130), *range(131, 149), *range(151, 169), *range(200, 204),
        *range(300, 318), *range(319, 450), 481, *range(501, 594), 1100, 1101, 1102, 1300, *range(2100, 2112), 2119,
        2130, 2137, 2152, 2158, 2168, 2169, *range(10000, 10028), 10089, 10090, 10091, 10147, 10148, 10186, 10187,
        10189, 10197, 10225, *range(10230, 10255), *range(10268, 10271), *range(10276, 10348),
    } - {108, 10004, 10232, 10313, 10320, 10323}  # fmt: skip
    assert published - {row.code for row in TABLE} == set()


# --------------------------------------------------------------------------------------- what becomes of a request


@pytest.mark.parametrize("row", [row for row in TABLE if row.requests != (RequestKind.ORDER,)], ids=name)
def test_a_row_does_to_a_request_what_it_says(row):
    for kind, make in REQUESTS.items():
        if row.requests is not None and kind not in row.requests:
            continue
        for text in texts_of(row):
            core, notices, _, ended = session()
            if kind is RequestKind.DELAYED_DATA:
                core.send(MarketDataTypeRequest(market_data_type=3))
            waiter = Waiter() if kind is RequestKind.SCAN else Subscription()
            req_id = core.ask(make(), waiter)
            core.received(ErrorMessage(id=req_id, error_code=row.code, error_msg=text))
            verdict = find(row.code, kind, text).verdict
            if verdict is Verdict.NOTE or (verdict is Verdict.RETRY and kind is not RequestKind.SCAN):
                assert waiter.error is None
                assert [notice.error_code for notice in notices] == [row.code]
                assert [error.code for _, error in ended] == [row.code] * (verdict is Verdict.RETRY)
            else:
                assert (waiter.error.code, waiter.error.request, notices, ended) == (row.code, kind, [], [])


@pytest.mark.parametrize("code", [10182, 10225, 316])
def test_what_can_be_asked_again_ends_a_request_that_waits_for_one_answer(code):
    core, *_ = session()
    waiter = Waiter()
    core.received(ErrorMessage(id=core.ask(HistoricalDataRequest(keep_up_to_date=True), waiter), error_code=code))
    assert waiter.error.code == code


@pytest.mark.parametrize("code", [None, 0, -1])
@pytest.mark.parametrize("of_a_request", [True, False])
def test_a_message_without_a_code_is_a_notice_and_never_an_end(code, of_a_request):
    core, notices, failures, _ = session()
    waiter = Waiter()
    req_id = core.ask(HistoricalDataRequest(), waiter)
    text = "Warning: Approaching max rate of 50 messages per second (42)"
    core.received(ErrorMessage(id=req_id if of_a_request else -1, error_code=code, error_msg=text))
    assert (waiter.error, len(waiter.notices), len(notices), failures) == (None, of_a_request, 1, [])
    assert core.pacing.counters.breaches == 0


@pytest.mark.parametrize(
    ("code", "text", "verdict", "kind"),
    [
        (99_999, "", Verdict.ENDS, ErrorKind.REJECTION),
        (99_999, "Something is not supported", Verdict.ENDS, ErrorKind.REJECTION),
        (99_999, "Warning: something is adjusted", Verdict.NOTE, ErrorKind.WARNING),
        (99_999, "Order Event Warning:Attribute will be dropped", Verdict.NOTE, ErrorKind.WARNING),
        (99_999, "The attribute is not for this order and will be ignored.", Verdict.NOTE, ErrorKind.WARNING),
        (2_199, "", Verdict.NOTE, ErrorKind.WARNING),
        (0, "", Verdict.NOTE, ErrorKind.NOTICE),
        (0, "Warning: slow down", Verdict.NOTE, ErrorKind.WARNING),
    ],
)
def test_an_unknown_code_is_judged_by_its_text(code, text, verdict, kind):
    row = find(code, RequestKind.HISTORY, text)
    assert (row.verdict, row.kind, classify(code, text)) == (verdict, kind, kind)


def test_an_unknown_request_is_of_the_kind_that_the_code_is_mostly_for():
    assert find(10182).verdict is Verdict.ENDS
    assert find(202, None, "Order Canceled - reason:halted").kind is ErrorKind.REJECTION
    assert find(492, None).verdict is Verdict.NOTE
    assert find(492, RequestKind.HISTORY).verdict is Verdict.NOTE  # the only row there is


# --------------------------------------------------------------------------------------- what becomes of an order


@pytest.mark.parametrize(
    ("code", "text", "effect"),
    [
        (201, "Order rejected - reason:too much", OrderEffect.REFUSED),
        (135, "Can't find order with id =7", OrderEffect.REFUSED),
        (10052, "Invalid time in force:Empty", OrderEffect.REFUSED),
        (99_999, "unheard of", OrderEffect.REFUSED),
        (99_999, "Warning: unheard of", OrderEffect.NOTE),
        (104, "", OrderEffect.CHANGE_REFUSED),
        (2102, "", OrderEffect.CHANGE_REFUSED),
        (10326, "", OrderEffect.CHANGE_REFUSED),
        (136, "This order cannot be cancelled", OrderEffect.CANCEL_REFUSED),
        (161, "Cancel attempted when order is not in a cancellable state.", OrderEffect.CANCEL_REFUSED),
        (10147, "", OrderEffect.CANCEL_REFUSED),
        (10148, "", OrderEffect.CANCEL_REFUSED),
        (202, "Order Canceled - reason:", OrderEffect.CANCELLED),
        (202, "Order Canceled - reason:halted", OrderEffect.CANCELLED),
        (399, "Order Message:\nWarning: later", OrderEffect.NOTE),
        (404, "", OrderEffect.NOTE),
        (131, "", OrderEffect.NOTE),
        (10349, "", OrderEffect.NOTE),
        (0, "", OrderEffect.NOTE),
    ],
)
def test_what_a_message_means_for_an_order(code, text, effect):
    assert order_effect(code, text) is effect


@pytest.mark.parametrize("row", [row for row in TABLE if row.requests == (RequestKind.ORDER,)], ids=name)
def test_a_row_about_orders_goes_to_the_order_and_says_its_contract(row):
    core, notices, failures, _ = session()
    trade = core.trades.add(Trade(AAPL, Order(), core.ids.order(), 1))
    for text in texts_of(row):
        core.received(ErrorMessage(id=trade.order_id, error_code=row.code, error_msg=text))
    told = (
        row.kind is not ErrorKind.WARNING and row.kind is not ErrorKind.NOTICE
    ) or row.signal is Signal.CHANGE_REFUSED
    assert [error.code for error in failures] == [row.code] * (told and len(texts_of(row)))
    assert all((error.contract, error.request) == (AAPL, RequestKind.ORDER) for error in failures)
    assert notices == []


# ------------------------------------------------------------------------------------------ failures, all together


def test_failures_are_told_whoever_they_are_for():
    core, notices, failures, _ = session()
    waiter = Waiter()
    req_id = core.ask(ContractDataRequest(contract=AAPL), waiter)
    core.received(ErrorMessage(id=req_id, error_code=200, error_msg="No security definition"))
    core.received(ErrorMessage(id=-1, error_code=321, error_msg="Error validating request"))
    core.received(ErrorMessage(id=987, error_code=366, error_msg="No historical data query found"))
    core.received(ErrorMessage(id=-1, error_code=2104, error_msg="OK:usfarm"))
    assert [error.code for error in failures] == [200, 321]
    assert failures[0] is waiter.error
    assert [notice.error_code for notice in notices] == [321, 366, 2104]


def test_an_error_names_its_contract_shortly():
    option = Contract.call(
        "AAPL",
        expiry="20261218",
        strike=200,
    )
    named = [
        (AAPL, "AAPL STK SMART"),
        (option, "AAPL OPT 20261218 200 C SMART"),
        (Contract(con_id=265598), "con id 265598"),
        (Contract(), ""),
    ]
    for contract, said in named:
        error = RequestError(200, "No security definition", 7, contract=contract)
        assert str(error) == "200: No security definition" + (f" ({said})" if said else "")
    assert str(RequestError(200, "No security definition")) == "200: No security definition"
    assert re.search("another span", RequestError(162, "query failed").advice)
    assert RequestError(162, HISTORY_SAYS + "pacing violation").kind is ErrorKind.PACING


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (HistoricalDataRequest(contract=AAPL), "200: text (AAPL STK SMART)"),
        (SecDefOptParamsRequest(underlying_symbol="AAPL", underlying_con_id=265598), "200: text (AAPL)"),
        (HistoricalNewsRequest(con_id=265598), "200: text (con id 265598)"),
        (PnLSingleRequest(con_id=265598), "200: text (con id 265598)"),
        (ScannerSubscriptionRequest(), "200: text"),
    ],
)
def test_the_error_of_a_request_names_what_the_request_was_about(request_, said):
    core, *_ = session()
    waiter = Waiter()
    core.received(ErrorMessage(id=core.ask(request_, waiter), error_code=200, error_msg="text"))
    assert str(waiter.error) == said


@pytest.mark.parametrize(
    ("text", "farm"),
    [
        ("Market data farm connection is OK:usfarm.nj", "usfarm.nj"),
        ("HMDS data farm connection is inactive but should be available upon demand.ushmds", "ushmds"),
        ("Market data farm connection is inactive but should be available upon demand.usfarm", "usfarm"),
    ],
)
def test_a_farm_is_named_in_either_way(text, farm):
    assert farm_of(text) == farm
