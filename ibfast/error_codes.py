"""What TWS's error codes mean, as one table: what each does to the request or order it comes for.

A row is one code, perhaps for some kinds of request or some texts only. `find` gives the first row that fits; within a
code the special rows stand before the general one. Everything that reacts to a code reads it here: requests and streams
(`Row.verdict`), orders (`order_effect`), health and pacing (`Row.signal`), `classify`. `docs/errors.md` is made from
it.

``source`` says where a row is from: IB's published list of message codes ("IB"), IB's own client library, which never
gets these from TWS ("client"), a recording of a real gateway ("seen"), or public reports of users ("reported").
"""

from __future__ import annotations

import re
from collections import defaultdict
from enum import Enum
from typing import NamedTuple


class Verdict(Enum):
    """What a message of TWS does to the request it comes for."""

    ENDS = "ends"  # it is over: refused, failed or cancelled
    NOTE = "note"  # it goes on
    RETRY = "retry"  # TWS has ended a subscription that can be requested again; a `Gap` tells


class ErrorKind(Enum):
    """What an error code asks of its reader."""

    NOTICE = "notice"  # how things are; nobody waits for it
    WARNING = "warning"  # the request goes on
    REJECTION = "rejection"  # the request or order is refused
    PACING = "pacing"  # asked too often
    ENTITLEMENT = "entitlement"  # no permission or subscription for the data
    CONNECTIVITY = "connectivity"  # TWS and IB's servers lost or found each other
    FATAL = "fatal"  # the session cannot go on


class Signal(Enum):
    """What a message says beyond its own request; each has a reader in ibfast."""

    SERVERS_LOST = "IB's servers are out of reach"
    SERVERS_BACK = "IB's servers are back, subscriptions go on"
    DATA_LOST = "IB's servers are back, subscriptions are not"
    MARKET_DATA_FARM_LOST = "a market data farm is out of reach"
    MARKET_DATA_FARM_BACK = "a market data farm is there"
    FARM_LOST = "another farm is out of reach"
    FARM_BACK = "another farm is there"
    PORT_CHANGED = "the gateway listens on another port and hangs up"
    BOOK_RESET = "an order book begins anew"
    NOTHING_FOUND = "a scanner finds nothing at present"
    RATE_BREACHED = "too many messages a second"
    HISTORY_BREACHED = "too many requests for history"
    CANCEL_REFUSED = "an order cannot be cancelled"
    CHANGE_REFUSED = "an order cannot be changed"
    CANCELLED = "an order is cancelled"


class RequestKind(Enum):
    """A kind of request, as it is named in errors and in `docs/errors.md`."""

    ORDER = "order"
    MARKET_DATA = "market data"
    DELAYED_DATA = "delayed market data"  # market data of a session that has asked for delayed data
    DEPTH = "market depth"
    TICK_BY_TICK = "tick-by-tick data"
    REAL_TIME_BARS = "real-time bars"
    HISTORY = "historical data"
    KEPT_UP_BARS = "bars kept up to date"
    SCAN = "scan"  # once
    SCANNER = "scanner subscription"
    CONTRACT = "contract details"
    ACCOUNT = "account data"
    NEWS = "news"
    WSH = "event calendar"
    OTHER = "request"


class Row(NamedTuple):
    """One row of the table.

    ``requests`` are the kinds of request it is for, and ``text`` is a pattern that TWS's text must contain (letter case
    does not matter); None is any.
    """

    code: int
    verdict: Verdict
    kind: ErrorKind
    meaning: str
    source: str
    requests: tuple[RequestKind, ...] | None = None
    text: str | None = None
    signal: Signal | None = None
    advice: str = ""

    def fits(self, request: RequestKind, text: str) -> bool:
        """Whether this row is for such a message."""
        if self.requests is not None and request not in self.requests:
            return False
        return self.text is None or re.search(self.text, text, re.IGNORECASE) is not None


_ENDS, _NOTE, _RETRY = Verdict.ENDS, Verdict.NOTE, Verdict.RETRY
_NOTICE, _WARNING, _REJECTION = ErrorKind.NOTICE, ErrorKind.WARNING, ErrorKind.REJECTION
_PACING, _ENTITLEMENT = ErrorKind.PACING, ErrorKind.ENTITLEMENT
_CONNECTIVITY, _FATAL = ErrorKind.CONNECTIVITY, ErrorKind.FATAL
_ORDER = (RequestKind.ORDER,)
_BARS = (RequestKind.HISTORY, RequestKind.KEPT_UP_BARS)
_SCANNERS = (RequestKind.SCAN, RequestKind.SCANNER)

# fmt: off
TABLE: tuple[Row, ...] = (
    # How fast, how many, which id
    Row(100, _ENDS, _PACING, "more messages a second than allowed", "IB",
        signal=Signal.RATE_BREACHED, advice="pacing slows down by itself; leave it on"),
    Row(101, _ENDS, _PACING, "as many market data lines are open as the login has", "IB",
        advice="close some, or buy more lines"),
    Row(102, _ENDS, _REJECTION, "the request id is in use", "IB"),
    Row(103, _ENDS, _REJECTION, "the order id was used before, or is below one that was", "IB",
        requests=_ORDER, advice="another program uses this client id"),
    # Orders: refused, or a change or cancel of them
    Row(104, _ENDS, _REJECTION, "a filled order cannot be changed", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(105, _ENDS, _REJECTION, "a change of more than price, quantity and type does not match the order", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(106, _ENDS, _REJECTION, "the order cannot be transmitted", "IB", requests=_ORDER),
    Row(107, _ENDS, _REJECTION, "the order is incomplete", "IB", requests=_ORDER),
    Row(109, _ENDS, _REJECTION, "the price is outside the percentage of TWS's precautionary settings", "IB",
        requests=_ORDER, advice="raise the limit in TWS, or correct the price"),
    Row(110, _ENDS, _REJECTION, "the price is no multiple of the contract's price step", "IB",
        requests=_ORDER, advice="`price_grid` snaps prices"),
    Row(111, _ENDS, _REJECTION, "time in force and order type do not go together", "IB", requests=_ORDER),
    Row(113, _ENDS, _REJECTION, "MOC and LOC orders need the time in force DAY", "IB", requests=_ORDER),
    Row(114, _ENDS, _REJECTION, "relative orders are for stocks only", "IB", requests=_ORDER),
    Row(115, _ENDS, _REJECTION, "relative orders for US stocks go to few exchanges", "IB", requests=_ORDER),
    Row(116, _ENDS, _REJECTION, "the exchange is closed down", "IB", requests=_ORDER),
    Row(117, _ENDS, _REJECTION, "a block order needs a size of 50 at least", "IB", requests=_ORDER),
    Row(118, _ENDS, _REJECTION, "VWAP orders must be routed to the VWAP exchange", "IB", requests=_ORDER),
    Row(119, _ENDS, _REJECTION, "the VWAP exchange takes VWAP orders only", "IB", requests=_ORDER),
    Row(120, _ENDS, _REJECTION, "it is too late for a VWAP order today", "IB", requests=_ORDER),
    Row(121, _ENDS, _REJECTION, "the order's BD flag is invalid", "IB", requests=_ORDER),
    Row(122, _ENDS, _REJECTION, "there is no request tag for the order", "IB", requests=_ORDER),
    Row(123, _ENDS, _REJECTION, "there is no record of the contract id", "IB"),
    Row(124, _ENDS, _REJECTION, "there is no market rule for the contract id", "IB"),
    Row(125, _ENDS, _REJECTION, "a buy price must be the best ask", "IB", requests=_ORDER),
    Row(126, _ENDS, _REJECTION, "a sell price must be the best bid", "IB", requests=_ORDER),
    Row(127, _ENDS, _REJECTION, "the exchange takes no linkage orders", "IB", requests=_ORDER),
    Row(128, _ENDS, _REJECTION, "linkage customers cannot place this option order", "IB", requests=_ORDER),
    Row(129, _ENDS, _REJECTION, "a VWAP order must be placed three minutes before it starts", "IB", requests=_ORDER),
    Row(131, _NOTE, _WARNING, "sweep-to-fill and display size are ignored for this order", "IB", requests=_ORDER),
    Row(132, _ENDS, _REJECTION, "the order needs a clearing account", "IB", requests=_ORDER),
    Row(133, _ENDS, _REJECTION, "the order could not be submitted", "IB", requests=_ORDER),
    Row(134, _ENDS, _REJECTION, "the order could not be changed", "IB", requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(135, _ENDS, _REJECTION, "TWS knows no order of that id, the order's or its parent's", "IB", requests=_ORDER),
    Row(136, _NOTE, _REJECTION, "the order cannot be cancelled", "IB", requests=_ORDER, signal=Signal.CANCEL_REFUSED),
    Row(137, _NOTE, _REJECTION, "it is too late to cancel a VWAP order", "IB",
        requests=_ORDER, signal=Signal.CANCEL_REFUSED),
    Row(138, _ENDS, _REJECTION, "a ticker could not be parsed", "IB"),
    Row(139, _ENDS, _REJECTION, "the request could not be parsed", "IB"),
    Row(140, _ENDS, _REJECTION, "the size is no integer", "IB", requests=_ORDER),
    Row(141, _ENDS, _REJECTION, "the price is no number", "IB", requests=_ORDER),
    Row(142, _ENDS, _REJECTION, "an institutional account lacks account information", "IB", requests=_ORDER),
    Row(143, _ENDS, _REJECTION, "an id is no integer", "IB"),
    Row(144, _ENDS, _REJECTION, "the size is not that of the share allocation", "IB", requests=_ORDER),
    Row(145, _ENDS, _REJECTION, "a field could not be validated", "IB"),
    Row(146, _ENDS, _REJECTION, "the trigger method is invalid", "IB", requests=_ORDER),
    Row(147, _ENDS, _REJECTION, "the contract of a condition is incomplete", "IB", requests=_ORDER),
    Row(148, _ENDS, _REJECTION, "orders of this type take no conditions", "IB", requests=_ORDER),
    Row(151, _ENDS, _REJECTION, "the order needs a user name", "IB", requests=_ORDER),
    Row(152, _ENDS, _REJECTION, "the order cannot be hidden", "IB", requests=_ORDER),
    Row(153, _ENDS, _REJECTION, "an EFP must be a limit order", "IB", requests=_ORDER),
    Row(154, _ENDS, _REJECTION, "trading of the security is halted", "IB", requests=_ORDER),
    Row(155, _ENDS, _REJECTION, "a sizeOp order needs user name and account", "IB", requests=_ORDER),
    Row(156, _ENDS, _REJECTION, "a sizeOp order must go to IBSX", "IB", requests=_ORDER),
    Row(157, _ENDS, _REJECTION, "an order is either iceberg or discretionary", "IB", requests=_ORDER),
    Row(158, _ENDS, _REJECTION, "the order needs an offset, as an amount or in percent", "IB", requests=_ORDER),
    Row(159, _ENDS, _REJECTION, "the offset must be between 0 and 100 percent", "IB", requests=_ORDER),
    Row(160, _ENDS, _REJECTION, "the size is zero", "IB", requests=_ORDER),
    Row(161, _NOTE, _REJECTION, "the order is in no state in which it can be cancelled", "seen",
        requests=_ORDER, signal=Signal.CANCEL_REFUSED),
    # ... among them the two codes of history and scanners, 162 and 165
    Row(162, _ENDS, _PACING, "too many requests for history", "IB",
        text=r"pacing", signal=Signal.HISTORY_BREACHED, advice="pacing pauses history by itself"),
    Row(162, _ENDS, _NOTICE, "the query was cancelled", "seen", text=r"cancell?ed"),
    Row(162, _ENDS, _ENTITLEMENT, "no permission for the data", "reported",
        text=r"permission|different IP", advice="close the other session, or subscribe to the data"),
    Row(162, _ENDS, _REJECTION, "the query failed, mostly for lack of data", "IB",
        advice="another span, bar size or what_to_show"),
    Row(163, _ENDS, _REJECTION, "the price breaks the percentage of the default order settings", "IB", requests=_ORDER),
    Row(164, _ENDS, _REJECTION, "there are no market data to check the price with", "IB", requests=_ORDER),
    Row(165, _NOTE, _NOTICE, "the history farm was connected or lost, the answer follows", "seen",
        text=r"HMDS server|connect"),
    Row(165, _NOTE, _NOTICE, "a scanner subscription finds nothing at present", "reported",
        requests=(RequestKind.SCANNER,), text=r"no items", signal=Signal.NOTHING_FOUND),
    Row(165, _ENDS, _REJECTION, "nothing was found", "seen", text=r"no items|no data", signal=Signal.NOTHING_FOUND),
    Row(165, _NOTE, _NOTICE, "how many rows follow", "seen"),
    Row(166, _ENDS, _REJECTION, "the contract has expired, its history is gone", "IB",
        advice="`include_expired`, within two years"),
    Row(167, _ENDS, _REJECTION, "the time of a VWAP order is in the past", "IB", requests=_ORDER),
    Row(168, _ENDS, _REJECTION, "the discretionary amount is no multiple of the price step", "IB", requests=_ORDER),
    # What a contract or an order is refused for
    Row(200, _ENDS, _REJECTION, "no contract fits, or several do", "seen",
        advice="say more of the contract; `contract_details` lists what fits"),
    Row(201, _ENDS, _REJECTION, "the order was rejected, the text has the reason", "seen", requests=_ORDER),
    Row(202, _ENDS, _REJECTION, "IB cancelled the order, the text has the reason", "IB",
        requests=_ORDER, text=r"reason:\s*\S", signal=Signal.CANCELLED),
    Row(202, _ENDS, _NOTICE, "the order is cancelled", "seen", requests=_ORDER, signal=Signal.CANCELLED),
    Row(203, _ENDS, _REJECTION, "the security is not available to this account", "IB"),
    # Requests of other kinds
    Row(300, _ENDS, _NOTICE, "there is no subscription of that id to cancel", "IB"),
    Row(301, _ENDS, _REJECTION, "the ticker action is invalid", "IB"),
    Row(302, _ENDS, _REJECTION, "the stop ticker could not be parsed", "IB"),
    Row(303, _ENDS, _REJECTION, "the action is invalid", "IB"),
    Row(304, _ENDS, _REJECTION, "the account value action is invalid", "IB"),
    Row(305, _ENDS, _REJECTION, "the request could not be parsed and is ignored", "IB"),
    Row(306, _ENDS, _REJECTION, "a DDE request failed", "IB"),
    Row(307, _ENDS, _REJECTION, "the topic of a DDE request is invalid", "IB"),
    Row(308, _ENDS, _REJECTION, "TWS has no room for another API page", "IB"),
    Row(309, _ENDS, _PACING, "as many order books are open as allowed", "IB", advice="close one"),
    Row(310, _ENDS, _NOTICE, "there is no order book of that id to cancel", "IB"),
    Row(311, _ENDS, _REJECTION, "the origin is invalid", "IB", requests=_ORDER),
    Row(312, _ENDS, _REJECTION, "the combo is invalid", "IB"),
    Row(313, _ENDS, _REJECTION, "a leg of the combo is invalid", "IB"),
    Row(314, _ENDS, _REJECTION, "a combo needs legs", "IB"),
    Row(315, _ENDS, _REJECTION, "combos of stocks must be routed to SMART", "IB", requests=_ORDER),
    Row(316, _RETRY, _WARNING, "the order book is halted and wants to be subscribed to again", "IB",
        requests=(RequestKind.DEPTH,)),
    Row(317, _NOTE, _WARNING, "the order book was reset: what it holds no longer counts", "IB",
        signal=Signal.BOOK_RESET),
    Row(319, _ENDS, _REJECTION, "the log level is invalid", "IB"),
    Row(320, _ENDS, _REJECTION, "TWS could not read the request", "IB"),
    Row(321, _ENDS, _REJECTION, "TWS could not validate the request, the text says why", "seen"),
    Row(322, _ENDS, _PACING, "TWS could not process the request, mostly because too many of its kind are open", "IB"),
    Row(323, _ENDS, _REJECTION, "TWS failed, the text says how", "IB"),
    Row(324, _ENDS, _REJECTION, "a DDE request is incomplete", "IB"),
    Row(325, _ENDS, _REJECTION, "discretionary orders do not go with this exchange and order type", "IB",
        requests=_ORDER),
    Row(326, _ENDS, _FATAL, "the client id is in use", "IB", advice="another `client_id`"),
    Row(327, _ENDS, _REJECTION, "only client 0 can bind the orders of TWS", "IB"),
    Row(328, _ENDS, _REJECTION, "a trailing stop can be attached to limit and stop-limit orders only", "IB",
        requests=_ORDER),
    Row(329, _ENDS, _REJECTION, "the order cannot be changed to this type", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(330, _ENDS, _REJECTION, "managed accounts are for advisors", "IB"),
    Row(331, _ENDS, _REJECTION, "the advisor has no managed accounts", "IB"),
    Row(332, _ENDS, _REJECTION, "the accounts of the profile are invalid", "IB"),
    Row(333, _ENDS, _REJECTION, "the share allocation is invalid", "IB", requests=_ORDER),
    Row(334, _ENDS, _REJECTION, "the good-till-date order is invalid", "IB", requests=_ORDER),
    Row(335, _ENDS, _REJECTION, "the delta must be between 0 and 100", "IB", requests=_ORDER),
    Row(336, _ENDS, _REJECTION, "the time or its zone is invalid", "IB"),
    Row(337, _ENDS, _REJECTION, "the date, the time or its zone is invalid", "IB"),
    Row(338, _ENDS, _REJECTION, "the exchange takes no good-after-time orders", "IB", requests=_ORDER),
    Row(339, _ENDS, _REJECTION, "futures spreads must be combos", "IB"),
    Row(340, _ENDS, _REJECTION, "the improvement amount of a box auction is invalid", "IB", requests=_ORDER),
    Row(341, _ENDS, _REJECTION, "the delta must be from 1 to 100", "IB", requests=_ORDER),
    Row(342, _ENDS, _REJECTION, "the exchange takes no pegged orders", "IB", requests=_ORDER),
    Row(343, _ENDS, _REJECTION, "the date, the time or its zone is invalid", "IB"),
    Row(344, _ENDS, _REJECTION, "the login is no advisor's", "IB"),
    Row(345, _ENDS, _REJECTION, "generic combos are not for advisors", "IB", requests=_ORDER),
    Row(346, _ENDS, _REJECTION, "the account is not institutional or cleared elsewhere", "IB", requests=_ORDER),
    Row(347, _ENDS, _REJECTION, "the short sale slot must be 1 or 2", "IB", requests=_ORDER),
    Row(348, _ENDS, _REJECTION, "a short sale slot needs the action SSHORT", "IB", requests=_ORDER),
    Row(349, _ENDS, _REJECTION, "generic combos take no good-after time", "IB", requests=_ORDER),
    Row(350, _ENDS, _REJECTION, "best combos take no minimum quantity", "IB", requests=_ORDER),
    Row(351, _ENDS, _REJECTION, "the order cannot be for regular trading hours only", "IB", requests=_ORDER),
    Row(352, _ENDS, _REJECTION, "short sale slot 2 needs a location", "IB", requests=_ORDER),
    Row(353, _ENDS, _REJECTION, "short sale slot 1 takes no location", "IB", requests=_ORDER),
    Row(354, _ENDS, _ENTITLEMENT, "no subscription to the market data", "IB",
        advice="subscribe, or ask for delayed data: `market_data_type(\"DELAYED\")`"),
    Row(355, _ENDS, _REJECTION, "the size does not fit the market rule", "IB", requests=_ORDER),
    Row(356, _ENDS, _REJECTION, "smart combos take no OCA group", "IB", requests=_ORDER),
    Row(357, _ENDS, _REJECTION, "the client is out of date", "IB"),
    Row(358, _ENDS, _REJECTION, "smart combos take no child orders", "IB", requests=_ORDER),
    Row(359, _ENDS, _REJECTION, "combos only reduce within an OCA group", "IB", requests=_ORDER),
    Row(360, _ENDS, _REJECTION, "smart combos cannot be previewed", "IB", requests=_ORDER),
    Row(361, _ENDS, _REJECTION, "the trigger price is invalid", "IB", requests=_ORDER),
    Row(362, _ENDS, _REJECTION, "the adjusted stop price is invalid", "IB", requests=_ORDER),
    Row(363, _ENDS, _REJECTION, "the adjusted stop limit price is invalid", "IB", requests=_ORDER),
    Row(364, _ENDS, _REJECTION, "the adjusted trailing amount is invalid", "IB", requests=_ORDER),
    Row(365, _ENDS, _NOTICE, "there is no scanner subscription of that id to cancel", "IB"),
    Row(366, _ENDS, _NOTICE, "there is no query for history of that id to cancel: it was answered just now", "seen"),
    Row(367, _ENDS, _REJECTION, "the volatility type is for VOL orders, 1 or 2", "IB", requests=_ORDER),
    Row(368, _ENDS, _REJECTION, "the reference price type is for VOL orders, 1 or 2", "IB", requests=_ORDER),
    Row(369, _ENDS, _REJECTION, "VOL orders are for US options", "IB", requests=_ORDER),
    Row(370, _ENDS, _REJECTION, "dynamic VOL orders must be routed to SMART or a price improvement exchange", "IB",
        requests=_ORDER),
    Row(371, _ENDS, _REJECTION, "a VOL order needs a volatility above zero", "IB", requests=_ORDER),
    Row(372, _ENDS, _REJECTION, "dynamic volatility is for VOL orders", "IB", requests=_ORDER),
    Row(373, _ENDS, _REJECTION, "a stock range is for VOL and relative-to-stock orders", "IB", requests=_ORDER),
    Row(374, _ENDS, _REJECTION, "the stock range ends below its beginning", "IB", requests=_ORDER),
    Row(375, _ENDS, _REJECTION, "a stock range cannot be negative", "IB", requests=_ORDER),
    Row(376, _ENDS, _REJECTION, "the order cannot be updated continuously", "IB", requests=_ORDER),
    Row(377, _ENDS, _REJECTION, "the delta hedge order needs a valid price", "IB", requests=_ORDER),
    Row(378, _ENDS, _REJECTION, "this delta hedge order needs a price", "IB", requests=_ORDER),
    Row(379, _ENDS, _REJECTION, "this delta hedge order takes no price", "IB", requests=_ORDER),
    Row(380, _ENDS, _REJECTION, "orders of this type cannot hedge delta", "IB", requests=_ORDER),
    Row(381, _ENDS, _REJECTION, "the DDE library is out of date", "IB"),
    Row(382, _ENDS, _REJECTION, "the price breaks the number of ticks of the default order settings", "IB",
        requests=_ORDER),
    Row(383, _ENDS, _REJECTION, "the size breaks the limit of the default order settings", "IB", requests=_ORDER),
    Row(384, _ENDS, _REJECTION, "a DDE array request is invalid", "IB"),
    Row(385, _ENDS, _REJECTION, "the id of the scanner subscription is in use", "IB"),
    Row(386, _ENDS, _REJECTION, "the id of the query for history is in use", "IB"),
    Row(387, _ENDS, _REJECTION, "the exchange takes no orders of this type for this kind of security", "IB",
        requests=_ORDER),
    Row(388, _ENDS, _REJECTION, "the size is below the minimum", "IB", requests=_ORDER),
    Row(389, _ENDS, _REJECTION, "the routed order id is in use", "IB", requests=_ORDER),
    Row(390, _ENDS, _REJECTION, "the routed order id is invalid", "IB", requests=_ORDER),
    Row(391, _ENDS, _REJECTION, "the time or its zone is invalid", "IB"),
    Row(392, _ENDS, _REJECTION, "the contract has expired", "IB", requests=_ORDER),
    Row(393, _ENDS, _REJECTION, "a short sale slot is for delta hedge orders only", "IB", requests=_ORDER),
    Row(394, _ENDS, _REJECTION, "the process time must be 100 to 2000 ms", "IB", requests=_ORDER),
    Row(395, _ENDS, _REJECTION, "orders with OCA groups are not accepted at present", "IB", requests=_ORDER),
    Row(396, _ENDS, _REJECTION, "only market and limit orders are accepted at present", "IB", requests=_ORDER),
    Row(397, _ENDS, _REJECTION, "only market and limit orders are accepted at present", "IB", requests=_ORDER),
    Row(398, _ENDS, _REJECTION, "this cannot trigger a condition", "IB", requests=_ORDER),
    Row(399, _NOTE, _WARNING, "something about the order, such as when it goes to the exchange", "seen",
        requests=_ORDER),
    Row(400, _ENDS, _REJECTION, "the algo order failed", "IB", requests=_ORDER),
    Row(401, _ENDS, _REJECTION, "a text is too long", "IB"),
    Row(402, _ENDS, _REJECTION, "the contract takes no conditions", "IB", requests=_ORDER),
    Row(403, _ENDS, _REJECTION, "the stop price is invalid", "IB", requests=_ORDER),
    Row(404, _NOTE, _WARNING, "held while shares to sell short are located", "IB", requests=_ORDER),
    Row(405, _ENDS, _REJECTION, "the child's quantity must be its parent's", "IB", requests=_ORDER),
    Row(406, _ENDS, _REJECTION, "the currency is not allowed", "IB"),
    Row(407, _ENDS, _REJECTION, "the symbol has characters that are not allowed", "IB"),
    Row(408, _ENDS, _REJECTION, "the increment of the scale order is invalid", "IB", requests=_ORDER),
    Row(409, _ENDS, _REJECTION, "the scale order needs a component size", "IB", requests=_ORDER),
    Row(410, _ENDS, _REJECTION, "the later component size of the scale order is invalid", "IB", requests=_ORDER),
    Row(411, _ENDS, _REJECTION, "the order cannot trade outside regular hours", "IB", requests=_ORDER),
    Row(412, _ENDS, _REJECTION, "the contract is not available for trading", "IB", requests=_ORDER),
    Row(413, _ENDS, _REJECTION, "a what-if order must have transmit set", "IB", requests=_ORDER),
    Row(414, _ENDS, _REJECTION, "a snapshot takes no generic ticks", "IB"),
    Row(415, _ENDS, _REJECTION, "the previous request for quote has not finished", "IB", requests=_ORDER),
    Row(416, _ENDS, _REJECTION, "no request for quote for this contract", "IB", requests=_ORDER),
    Row(417, _ENDS, _REJECTION, "the first component size of the scale order is invalid", "IB", requests=_ORDER),
    Row(418, _ENDS, _REJECTION, "the profit offset of the scale order is invalid", "IB", requests=_ORDER),
    Row(419, _ENDS, _REJECTION, "the scale order needs a first component size", "IB", requests=_ORDER),
    Row(420, _ENDS, _PACING, "too many requests for history or real-time bars", "IB",
        text=r"pacing", signal=Signal.HISTORY_BREACHED, advice="pacing pauses by itself"),
    Row(420, _ENDS, _REJECTION, "the real-time query is invalid, or there is no subscription", "IB"),
    Row(421, _ENDS, _REJECTION, "the route is invalid", "IB", requests=_ORDER),
    Row(422, _ENDS, _REJECTION, "account and clearing of the order cannot be changed", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(423, _ENDS, _REJECTION, "the request for quote of a cross order has expired", "IB", requests=_ORDER),
    Row(424, _ENDS, _REJECTION, "an advisor's order needs an allocation", "IB", requests=_ORDER),
    Row(425, _ENDS, _REJECTION, "an advisor's order needs an allocation for each account", "IB", requests=_ORDER),
    Row(426, _ENDS, _REJECTION, "none of the accounts has enough shares", "IB", requests=_ORDER),
    Row(427, _ENDS, _REJECTION, "an order for a fund needs an amount of money", "IB", requests=_ORDER),
    Row(428, _ENDS, _REJECTION, "selling a fund needs a number of shares", "IB", requests=_ORDER),
    Row(429, _ENDS, _REJECTION, "delta neutral orders are for combos", "IB", requests=_ORDER),
    Row(430, _ENDS, _ENTITLEMENT, "no fundamental data for this security", "IB"),
    Row(431, _ENDS, _REJECTION, "what_to_show is missing or wrong", "IB"),
    Row(432, _ENDS, _REJECTION, "a commission cannot be negative", "IB", requests=_ORDER),
    Row(433, _ENDS, _REJECTION, "this scale order cannot restore its size after profit", "IB", requests=_ORDER),
    Row(434, _ENDS, _REJECTION, "the size is zero", "IB", requests=_ORDER),
    Row(435, _ENDS, _REJECTION, "an account must be given", "IB"),
    Row(436, _ENDS, _REJECTION, "an allocation must be given", "IB", requests=_ORDER),
    Row(437, _ENDS, _REJECTION, "outside regular hours and pre-open exclude each other", "IB", requests=_ORDER),
    Row(438, _ENDS, _REJECTION, "TWS is locked", "IB"),
    Row(439, _ENDS, _REJECTION, "there is no algo of this name", "IB", requests=_ORDER),
    Row(440, _ENDS, _REJECTION, "the algo cannot be changed", "IB", requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(441, _ENDS, _REJECTION, "a parameter of the algo is invalid", "IB", requests=_ORDER),
    Row(442, _ENDS, _REJECTION, "the algo is not allowed for this order", "IB", requests=_ORDER),
    Row(443, _ENDS, _REJECTION, "the algo has no such parameter", "seen", requests=_ORDER),
    Row(444, _ENDS, _REJECTION, "the volatility combo is not acknowledged yet and cannot be changed", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(445, _ENDS, _REJECTION, "the request for quote of this order has expired", "IB", requests=_ORDER),
    Row(446, _ENDS, _REJECTION, "the scale order needs a profit offset", "IB", requests=_ORDER),
    Row(447, _ENDS, _REJECTION, "the scale order needs a price adjustment and its interval", "IB", requests=_ORDER),
    Row(448, _ENDS, _REJECTION, "the price adjustment interval of the scale order is invalid", "IB", requests=_ORDER),
    Row(449, _ENDS, _REJECTION, "the scale order takes no price adjustment", "IB", requests=_ORDER),
    Row(460, _ENDS, _REJECTION, "no permission to trade this", "reported",
        requests=_ORDER, advice="ask IB for trading permissions"),
    Row(462, _ENDS, _REJECTION, "the time in force cannot be changed", "seen",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(481, _NOTE, _WARNING, "the order's size was reduced", "IB", requests=_ORDER),
    Row(492, _NOTE, _WARNING, "more permissions would make the scan precise; rows follow", "seen", requests=_SCANNERS),
    # IB's client library: TWS itself sends none of these
    Row(501, _ENDS, _FATAL, "already connected", "client"),
    Row(502, _ENDS, _FATAL, "nobody listens", "client"),
    Row(503, _ENDS, _FATAL, "TWS is out of date", "client"),
    Row(504, _ENDS, _FATAL, "not connected", "client"),
    Row(505, _ENDS, _FATAL, "a message id is unknown", "client"),
    Row(506, _ENDS, _FATAL, "the version is not supported", "client"),
    Row(507, _ENDS, _FATAL, "a length is wrong: the socket has ended", "client"),
    Row(508, _ENDS, _REJECTION, "a message could not be read", "client"),
    Row(509, _ENDS, _REJECTION, "reading the socket failed", "client"),
    Row(510, _ENDS, _REJECTION, "could not send: market data", "client"),
    Row(511, _ENDS, _REJECTION, "could not send: cancel of market data", "client"),
    Row(512, _ENDS, _REJECTION, "could not send: order", "client"),
    Row(513, _ENDS, _REJECTION, "could not send: account updates", "client"),
    Row(514, _ENDS, _REJECTION, "could not send: executions", "client"),
    Row(515, _ENDS, _REJECTION, "could not send: cancel of an order", "client"),
    Row(516, _ENDS, _REJECTION, "could not send: open orders", "client"),
    Row(517, _ENDS, _REJECTION, "the contract is unknown", "client"),
    Row(518, _ENDS, _REJECTION, "could not send: contract details", "client"),
    Row(519, _ENDS, _REJECTION, "could not send: market depth", "client"),
    Row(520, _ENDS, _REJECTION, "the socket could not be made", "client"),
    Row(521, _ENDS, _REJECTION, "could not send: log level", "client"),
    Row(522, _ENDS, _REJECTION, "could not send: advisor configuration", "client"),
    Row(523, _ENDS, _REJECTION, "could not send: change of advisor configuration", "client"),
    Row(524, _ENDS, _REJECTION, "could not send: scanner subscription", "client"),
    Row(525, _ENDS, _REJECTION, "could not send: cancel of a scanner", "client"),
    Row(526, _ENDS, _REJECTION, "could not send: scanner parameters", "client"),
    Row(527, _ENDS, _REJECTION, "could not send: historical data", "client"),
    Row(528, _ENDS, _REJECTION, "could not send: cancel of historical data", "client"),
    Row(529, _ENDS, _REJECTION, "could not send: real-time bars", "client"),
    Row(530, _ENDS, _REJECTION, "could not send: cancel of real-time bars", "client"),
    Row(531, _ENDS, _REJECTION, "could not send: current time", "client"),
    Row(532, _ENDS, _REJECTION, "could not send: fundamental data", "client"),
    Row(533, _ENDS, _REJECTION, "could not send: cancel of fundamental data", "client"),
    Row(534, _ENDS, _REJECTION, "could not send: implied volatility", "client"),
    Row(535, _ENDS, _REJECTION, "could not send: option price", "client"),
    Row(536, _ENDS, _REJECTION, "could not send: cancel of implied volatility", "client"),
    Row(537, _ENDS, _REJECTION, "could not send: cancel of option price", "client"),
    Row(538, _ENDS, _REJECTION, "could not send: global cancel", "client"),
    Row(539, _ENDS, _REJECTION, "could not send: market data type", "client"),
    Row(540, _ENDS, _REJECTION, "could not send: positions", "client"),
    Row(541, _ENDS, _REJECTION, "could not send: cancel of positions", "client"),
    Row(542, _ENDS, _REJECTION, "could not send: account data", "client"),
    Row(543, _ENDS, _REJECTION, "could not send: cancel of account data", "client"),
    Row(544, _ENDS, _REJECTION, "could not send: verification", "client"),
    Row(545, _ENDS, _REJECTION, "could not send: verification message", "client"),
    Row(546, _ENDS, _REJECTION, "could not send: display groups", "client"),
    Row(547, _ENDS, _REJECTION, "could not send: following a display group", "client"),
    Row(548, _ENDS, _REJECTION, "could not send: change of a display group", "client"),
    Row(549, _ENDS, _REJECTION, "could not send: leaving a display group", "client"),
    Row(550, _ENDS, _REJECTION, "could not send: the start of the session", "client"),
    Row(551, _ENDS, _REJECTION, "could not send: verification and authorization", "client"),
    Row(552, _ENDS, _REJECTION, "could not send: verification and authorization message", "client"),
    Row(553, _ENDS, _REJECTION, "could not send: positions of several accounts", "client"),
    Row(554, _ENDS, _REJECTION, "could not send: cancel of positions of several accounts", "client"),
    Row(555, _ENDS, _REJECTION, "could not send: account updates of several accounts", "client"),
    Row(556, _ENDS, _REJECTION, "could not send: cancel of account updates of several accounts", "client"),
    Row(557, _ENDS, _REJECTION, "could not send: option parameters", "client"),
    Row(558, _ENDS, _REJECTION, "could not send: soft dollar tiers", "client"),
    Row(559, _ENDS, _REJECTION, "could not send: family codes", "client"),
    Row(560, _ENDS, _REJECTION, "could not send: matching symbols", "client"),
    Row(561, _ENDS, _REJECTION, "could not send: depth exchanges", "client"),
    Row(562, _ENDS, _REJECTION, "could not send: smart components", "client"),
    Row(563, _ENDS, _REJECTION, "could not send: news providers", "client"),
    Row(564, _ENDS, _REJECTION, "could not send: news article", "client"),
    Row(565, _ENDS, _REJECTION, "could not send: historical news", "client"),
    Row(566, _ENDS, _REJECTION, "could not send: head timestamp", "client"),
    Row(567, _ENDS, _REJECTION, "could not send: histogram", "client"),
    Row(568, _ENDS, _REJECTION, "could not send: cancel of a histogram", "client"),
    Row(569, _ENDS, _REJECTION, "could not send: cancel of a head timestamp", "client"),
    Row(570, _ENDS, _REJECTION, "could not send: market rule", "client"),
    Row(571, _ENDS, _REJECTION, "could not send: profit and loss", "client"),
    Row(572, _ENDS, _REJECTION, "could not send: cancel of profit and loss", "client"),
    Row(573, _ENDS, _REJECTION, "could not send: profit and loss of a position", "client"),
    Row(574, _ENDS, _REJECTION, "could not send: cancel of profit and loss of a position", "client"),
    Row(575, _ENDS, _REJECTION, "could not send: historical ticks", "client"),
    Row(576, _ENDS, _REJECTION, "could not send: tick-by-tick data", "client"),
    Row(577, _ENDS, _REJECTION, "could not send: cancel of tick-by-tick data", "client"),
    Row(578, _ENDS, _REJECTION, "could not send: completed orders", "client"),
    Row(579, _ENDS, _REJECTION, "a text has a character that cannot be sent", "client"),
    Row(580, _ENDS, _REJECTION, "could not send: event calendar metadata", "client"),
    Row(581, _ENDS, _REJECTION, "could not send: cancel of event calendar metadata", "client"),
    Row(582, _ENDS, _REJECTION, "could not send: event calendar", "client"),
    Row(583, _ENDS, _REJECTION, "could not send: cancel of the event calendar", "client"),
    Row(584, _ENDS, _REJECTION, "could not send: user information", "client"),
    Row(585, _ENDS, _REJECTION, "advisor profiles are now groups", "client"),
    Row(586, _ENDS, _REJECTION, "not connected, so nothing could be read", "client"),
    Row(587, _ENDS, _REJECTION, "could not send: current time in milliseconds", "client"),
    Row(588, _ENDS, _REJECTION, "a message could not be written as protobuf", "client"),
    Row(589, _ENDS, _REJECTION, "could not send: cancel of market depth", "client"),
    Row(590, _ENDS, _REJECTION, "could not send: cancel of contract details", "client"),
    Row(591, _ENDS, _REJECTION, "could not send: cancel of historical ticks", "client"),
    Row(592, _ENDS, _REJECTION, "could not send: configuration", "client"),
    Row(593, _ENDS, _REJECTION, "could not send: change of the configuration", "client"),
    # The session
    Row(1100, _NOTE, _CONNECTIVITY, "TWS has lost IB's servers", "IB",
        signal=Signal.SERVERS_LOST, advice="wait; streams go on behind a gap"),
    Row(1101, _NOTE, _CONNECTIVITY, "IB's servers are back, subscriptions were lost", "IB",
        signal=Signal.DATA_LOST, advice="ibfast subscribes again"),
    Row(1102, _NOTE, _CONNECTIVITY, "IB's servers are back, subscriptions go on", "IB",
        signal=Signal.SERVERS_BACK, advice="bars kept up to date are subscribed to again"),
    Row(1300, _NOTE, _FATAL, "TWS listens on another port from now on and hangs up", "IB",
        signal=Signal.PORT_CHANGED, advice="connect to the new port"),
    # Warnings
    Row(2100, _NOTE, _NOTICE, "account data of another account were asked for: these updates have ended", "IB"),
    Row(2101, _ENDS, _WARNING, "account updates are refused while another client follows another account", "IB",
        requests=(RequestKind.ACCOUNT,)),
    Row(2102, _ENDS, _WARNING, "the order is still being processed and cannot be changed", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED, advice="change it once TWS has acknowledged it"),
    Row(2103, _NOTE, _CONNECTIVITY, "a market data farm is lost", "seen", signal=Signal.MARKET_DATA_FARM_LOST),
    Row(2104, _NOTE, _NOTICE, "a market data farm is there", "seen", signal=Signal.MARKET_DATA_FARM_BACK),
    Row(2105, _NOTE, _CONNECTIVITY, "a history farm is lost", "seen", signal=Signal.FARM_LOST),
    Row(2106, _NOTE, _NOTICE, "a history farm is there", "seen", signal=Signal.FARM_BACK),
    Row(2107, _NOTE, _NOTICE, "a history farm sleeps until it is needed", "seen", signal=Signal.FARM_BACK),
    Row(2108, _NOTE, _NOTICE, "a market data farm sleeps until it is needed", "IB",
        signal=Signal.MARKET_DATA_FARM_BACK),
    Row(2109, _NOTE, _WARNING, "trading outside regular hours is ignored for this order", "IB", requests=_ORDER),
    Row(2110, _NOTE, _CONNECTIVITY, "TWS has lost IB's servers and tries to reconnect", "seen",
        signal=Signal.SERVERS_LOST),
    Row(2111, _NOTE, _WARNING, "start and end of the algo were moved to the next trading day", "seen", requests=_ORDER),
    Row(2119, _NOTE, _NOTICE, "a market data farm is connecting", "seen", signal=Signal.FARM_LOST),
    Row(2130, _NOTE, _WARNING, "the product trades on the basis of a currency price with a factor", "IB"),
    Row(2137, _NOTE, _WARNING, "the order turns the position from long to short or back", "IB", requests=_ORDER),
    Row(2152, _NOTE, _NOTICE, "which exchanges the smart depth has", "IB", requests=(RequestKind.DEPTH,)),
    Row(2157, _NOTE, _CONNECTIVITY, "the contract definition farm is lost", "seen", signal=Signal.FARM_LOST),
    Row(2158, _NOTE, _NOTICE, "the contract definition farm is there", "seen", signal=Signal.FARM_BACK),
    Row(2161, _NOTE, _WARNING, "the order may be executed at more than one price", "reported", requests=_ORDER),
    Row(2168, _NOTE, _WARNING, "`e_trade_only` is no longer supported", "IB", requests=_ORDER),
    Row(2169, _NOTE, _WARNING, "`firm_quote_only` is no longer supported", "IB", requests=_ORDER),
    Row(2170, _NOTE, _WARNING, "`nbbo_price_cap` is no longer supported", "reported", requests=_ORDER),
    Row(2174, _NOTE, _WARNING, "a time was given without its zone", "reported"),
    Row(2176, _NOTE, _NOTICE, "sizes are rounded: fractional shares are not supported by this version", "reported"),
    Row(2187, _NOTE, _WARNING, "some generic ticks are not available with delayed data", "reported",
        requests=(RequestKind.MARKET_DATA, RequestKind.DELAYED_DATA)),
    Row(2188, _NOTE, _WARNING, "the newest part needs another subscription; the bars before it follow", "reported",
        requests=_BARS),
    # Newer codes
    Row(10000, _ENDS, _REJECTION, "a combo across currencies is wrong", "IB", requests=_ORDER),
    Row(10001, _ENDS, _REJECTION, "a volatility order across currencies is wrong", "IB", requests=_ORDER),
    Row(10002, _ENDS, _REJECTION, "the non-guaranteed legs are invalid", "IB", requests=_ORDER),
    Row(10003, _ENDS, _REJECTION, "IBSX is not allowed", "IB", requests=_ORDER),
    Row(10005, _ENDS, _REJECTION, "the model is read-only", "IB"),
    Row(10006, _ENDS, _REJECTION, "the parent order is not known", "IB", requests=_ORDER),
    Row(10007, _ENDS, _REJECTION, "the kind of hedge is invalid", "IB", requests=_ORDER),
    Row(10008, _ENDS, _REJECTION, "the beta is invalid", "IB", requests=_ORDER),
    Row(10009, _ENDS, _REJECTION, "the hedge ratio is invalid", "IB", requests=_ORDER),
    Row(10010, _ENDS, _REJECTION, "the delta hedge order is invalid", "IB", requests=_ORDER),
    Row(10011, _ENDS, _REJECTION, "smart combos do not support the currency", "IB", requests=_ORDER),
    Row(10012, _ENDS, _REJECTION, "the allocation percentage is invalid", "IB", requests=_ORDER),
    Row(10013, _ENDS, _REJECTION, "routing needs an opt-out of smart routing", "IB", requests=_ORDER),
    Row(10014, _ENDS, _REJECTION, "the percentage of change is out of its limits", "IB", requests=_ORDER),
    Row(10015, _ENDS, _REJECTION, "trading through the API is not allowed", "IB", requests=_ORDER),
    Row(10016, _ENDS, _REJECTION, "the contract is not visible", "IB"),
    Row(10017, _ENDS, _REJECTION, "the contracts are not visible", "IB"),
    Row(10018, _NOTE, _WARNING, "orders are in units of the product's factor", "IB", requests=_ORDER),
    Row(10019, _NOTE, _WARNING, "trades are in units of the product's factor", "IB", requests=_ORDER),
    Row(10020, _ENDS, _REJECTION, "the display size must be below the size", "IB", requests=_ORDER),
    Row(10021, _ENDS, _REJECTION, "the market offset of the second leg is invalid", "IB", requests=_ORDER),
    Row(10022, _ENDS, _REJECTION, "the priority of a leg is invalid", "IB", requests=_ORDER),
    Row(10023, _ENDS, _REJECTION, "the display size of the combo is invalid", "IB", requests=_ORDER),
    Row(10024, _ENDS, _REJECTION, "the start of the next leg-in is invalid", "IB", requests=_ORDER),
    Row(10025, _ENDS, _REJECTION, "the first time of the second leg is invalid", "IB", requests=_ORDER),
    Row(10026, _ENDS, _REJECTION, "the second time of the second leg is invalid", "IB", requests=_ORDER),
    Row(10027, _ENDS, _REJECTION, "the routing tag of the combo is invalid", "IB", requests=_ORDER),
    Row(10052, _ENDS, _REJECTION, "the time in force is invalid or missing", "seen", requests=_ORDER),
    Row(10089, _NOTE, _WARNING, "no subscription for the API; delayed data follow", "reported",
        requests=(RequestKind.DELAYED_DATA,), text=r"delayed .*available"),
    Row(10089, _ENDS, _ENTITLEMENT, "no subscription for the API", "seen",
        advice="subscribe, or ask for delayed data: `market_data_type(\"DELAYED\")`"),
    Row(10090, _NOTE, _WARNING, "some of the data need another subscription; the others follow", "IB"),
    Row(10091, _NOTE, _WARNING, "some of the data need another subscription for the API; the others follow", "IB"),
    Row(10092, _ENDS, _ENTITLEMENT, "no market depth for this security and exchange", "seen",
        advice="`depth_exchanges` lists those that have it"),
    Row(10147, _NOTE, _REJECTION, "there is no such order to cancel", "seen",
        requests=_ORDER, signal=Signal.CANCEL_REFUSED),
    Row(10148, _NOTE, _REJECTION, "the order is done and cannot be cancelled", "seen",
        requests=_ORDER, signal=Signal.CANCEL_REFUSED),
    Row(10167, _NOTE, _WARNING, "no subscription; delayed data follow", "seen"),
    Row(10168, _ENDS, _ENTITLEMENT, "no subscription, and delayed data are off", "IB",
        advice="`market_data_type(\"DELAYED\")`"),
    Row(10172, _ENDS, _REJECTION, "there is no such news article", "IB"),
    Row(10182, _RETRY, _CONNECTIVITY, "bars are no longer kept up to date: a connection was lost", "reported",
        requests=(RequestKind.KEPT_UP_BARS,)),
    Row(10182, _ENDS, _CONNECTIVITY, "live updates failed: a connection was lost", "reported"),
    Row(10186, _ENDS, _ENTITLEMENT, "no subscription, and delayed data are off", "IB",
        advice="`market_data_type(\"DELAYED\")`"),
    Row(10187, _ENDS, _ENTITLEMENT, "no permission for historical ticks", "IB"),
    Row(10189, _ENDS, _ENTITLEMENT, "no permission for tick-by-tick data, or another session has it", "seen"),
    Row(10190, _ENDS, _PACING, "too many tick-by-tick subscriptions, or one again too soon", "IB"),
    Row(10197, _NOTE, _WARNING, "another session of this user has the market data; they come back when it ends", "IB",
        advice="log out of the other session"),
    Row(10222, _ENDS, _PACING, "TWS is asked too often", "reported"),
    Row(10225, _RETRY, _CONNECTIVITY, "a trade was busted: the subscription must be made again", "IB"),
    Row(10230, _ENDS, _REJECTION, "advisor changes are not saved yet", "IB"),
    Row(10231, _ENDS, _REJECTION, "groups or profiles have invalid accounts", "IB"),
    Row(10233, _NOTE, _WARNING, "defaults were taken from a preset", "IB", requests=_ORDER),
    Row(10234, _ENDS, _REJECTION, "the order needs a decision maker", "IB", requests=_ORDER),
    Row(10235, _ENDS, _REJECTION, "the order needs a decision maker", "IB", requests=_ORDER),
    Row(10236, _ENDS, _REJECTION, "the child of an all-or-none order must be one", "IB", requests=_ORDER),
    Row(10237, _ENDS, _REJECTION, "an all-or-none order can be routed as a whole only", "IB", requests=_ORDER),
    Row(10238, _ENDS, _REJECTION, "the advisor setup could not be reached", "IB"),
    Row(10239, _ENDS, _REJECTION, "accounts do not fit the risk score that the order's group asks for", "IB",
        requests=_ORDER),
    Row(10240, _ENDS, _REJECTION, "the price cap is invalid", "IB", requests=_ORDER),
    Row(10241, _ENDS, _REJECTION, "an order in money cannot be changed through the API", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(10242, _ENDS, _REJECTION, "a fractional order cannot be changed through the API", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(10243, _ENDS, _REJECTION, "a fractional order cannot be placed through the API", "IB", requests=_ORDER),
    Row(10244, _ENDS, _REJECTION, "the order takes no cash quantity", "IB", requests=_ORDER),
    Row(10245, _ENDS, _REJECTION, "the instrument has no fractional shares", "IB", requests=_ORDER),
    Row(10246, _ENDS, _REJECTION, "the order takes no fractional shares", "IB", requests=_ORDER),
    Row(10247, _ENDS, _REJECTION, "fractional shares need IB's smart routing", "IB", requests=_ORDER),
    Row(10248, _ENDS, _REJECTION, "the account may not trade fractional shares", "IB", requests=_ORDER),
    Row(10249, _ENDS, _REJECTION, "the order takes no fractional shares", "IB", requests=_ORDER),
    Row(10250, _ENDS, _REJECTION, "the size is no multiple of the contract's size step", "IB", requests=_ORDER),
    Row(10251, _ENDS, _REJECTION, "allocated orders take no fractional shares", "IB", requests=_ORDER),
    Row(10252, _ENDS, _REJECTION, "only orders that close a position take fractional shares", "IB", requests=_ORDER),
    Row(10253, _ENDS, _REJECTION, "combos with a hedge cannot be cleared away", "IB", requests=_ORDER),
    Row(10254, _ENDS, _REJECTION, "the bond has expired", "IB", requests=_ORDER),
    Row(10255, _ENDS, _REJECTION, "the order takes no display size", "seen", requests=_ORDER),
    Row(10256, _ENDS, _REJECTION, "the order takes no minimum quantity", "reported", requests=_ORDER),
    Row(10257, _ENDS, _REJECTION, "the order cannot be all or none", "reported", requests=_ORDER),
    Row(10267, _ENDS, _REJECTION, "the order cannot be sweep to fill", "reported", requests=_ORDER),
    Row(10268, _ENDS, _REJECTION, "`e_trade_only` is not supported", "IB", requests=_ORDER),
    Row(10269, _ENDS, _REJECTION, "`firm_quote_only` is not supported", "IB", requests=_ORDER),
    Row(10270, _ENDS, _REJECTION, "`nbbo_price_cap` is not supported", "IB", requests=_ORDER),
    Row(10276, _ENDS, _ENTITLEMENT, "no permission for the event calendar", "seen"),
    Row(10277, _ENDS, _ENTITLEMENT, "no subscription to the event calendar", "IB"),
    Row(10278, _ENDS, _REJECTION, "event calendar metadata have been asked for already", "IB"),
    Row(10279, _ENDS, _REJECTION, "event calendar metadata failed", "IB"),
    Row(10280, _ENDS, _NOTICE, "the cancel of event calendar metadata failed", "IB"),
    Row(10281, _ENDS, _REJECTION, "the event calendar has been asked for already", "IB"),
    Row(10282, _ENDS, _REJECTION, "event calendar metadata must be asked for first", "IB",
        advice="`wsh_meta_data` first"),
    Row(10283, _ENDS, _REJECTION, "the event calendar failed", "IB"),
    Row(10284, _ENDS, _NOTICE, "the cancel of the event calendar failed", "IB"),
    Row(10285, _ENDS, _REJECTION, "fractional sizes need a newer API version", "IB"),
    Row(10286, _ENDS, _REJECTION, "a field has too many decimals", "IB"),
    Row(10287, _ENDS, _REJECTION, "the order for a cryptocurrency is not confirmed", "IB", requests=_ORDER),
    Row(10288, _ENDS, _REJECTION, "a market order for a cryptocurrency must be confirmed", "IB", requests=_ORDER),
    Row(10289, _ENDS, _REJECTION, "the order needs a cash quantity", "IB", requests=_ORDER),
    Row(10290, _ENDS, _REJECTION, "only a cash quantity is possible", "IB", requests=_ORDER),
    Row(10291, _ENDS, _REJECTION, "an order to harvest a loss needs the time in force DAY", "IB", requests=_ORDER),
    Row(10292, _ENDS, _REJECTION, "order type or action is restricted", "IB", requests=_ORDER),
    Row(10293, _ENDS, _REJECTION, "a cash quantity order for a cryptocurrency takes no size", "IB", requests=_ORDER),
    Row(10294, _ENDS, _REJECTION, "the cash quantity is not the sum of the group's", "IB", requests=_ORDER),
    Row(10295, _ENDS, _REJECTION, "an order to harvest a loss needs the time in force DAY", "IB", requests=_ORDER),
    Row(10295, _ENDS, _REJECTION, "a schedule is of days only", "IB"),
    Row(10296, _ENDS, _REJECTION, "routing to and not to dark pools exclude each other", "IB", requests=_ORDER),
    Row(10297, _ENDS, _REJECTION, "the order cannot be not-held", "IB", requests=_ORDER),
    Row(10298, _ENDS, _REJECTION, "the instrument's currency is not that of the model", "IB", requests=_ORDER),
    Row(10299, _ENDS, _REJECTION, "this what_to_show is not for this contract, the text has the one that is", "IB"),
    Row(10300, _ENDS, _REJECTION, "a date or time is invalid", "IB"),
    Row(10301, _ENDS, _REJECTION, "a date or time is invalid", "IB"),
    Row(10302, _ENDS, _REJECTION, "the order takes no minimum trade quantity", "IB", requests=_ORDER),
    Row(10303, _ENDS, _REJECTION, "the minimum trade quantity is invalid", "IB", requests=_ORDER),
    Row(10304, _ENDS, _REJECTION, "the minimum competing size is negative", "IB", requests=_ORDER),
    Row(10305, _ENDS, _REJECTION, "the offset to the best bid or offer is invalid", "IB", requests=_ORDER),
    Row(10306, _ENDS, _REJECTION, "the order takes no mid offsets", "IB", requests=_ORDER),
    Row(10307, _ENDS, _REJECTION, "the mid offsets are invalid", "IB", requests=_ORDER),
    Row(10308, _ENDS, _REJECTION, "whether to post to an ATS cannot be changed", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(10309, _ENDS, _REJECTION, "the request for the event calendar is invalid", "IB"),
    Row(10310, _ENDS, _REJECTION, "the solicited flag is wrong here", "IB", requests=_ORDER),
    Row(10311, _ENDS, _REJECTION, "the order would be routed directly, which TWS's settings forbid", "IB",
        requests=_ORDER, advice="exchange SMART, or allow it in TWS's precautionary settings"),
    Row(10312, _ENDS, _REJECTION, "no volatility orders for this instrument and account", "IB", requests=_ORDER),
    Row(10314, _ENDS, _REJECTION, "a date or time is invalid", "IB"),
    Row(10315, _ENDS, _REJECTION, "a time is invalid", "IB"),
    Row(10316, _ENDS, _REJECTION, "the trigger outside regular hours is no longer supported", "IB", requests=_ORDER),
    Row(10317, _ENDS, _REJECTION, "the cash quantity is no multiple of the contract's step", "IB", requests=_ORDER),
    Row(10318, _ENDS, _REJECTION, "the order takes no fractional quantity", "seen", requests=_ORDER),
    Row(10319, _ENDS, _REJECTION, "municipal bonds cannot be traded through the API", "IB", requests=_ORDER),
    Row(10321, _ENDS, _REJECTION, "municipal bonds take no attached or OCA orders", "IB", requests=_ORDER),
    Row(10322, _ENDS, _REJECTION, "\"All\" is not for logins whose accounts come and go", "IB"),
    Row(10324, _ENDS, _REJECTION, "the OCA group is invalid for this exchange", "IB", requests=_ORDER),
    Row(10325, _ENDS, _REJECTION, "OCA groups are not supported", "IB", requests=_ORDER),
    Row(10326, _ENDS, _REJECTION, "the OCA group cannot be changed", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(10327, _ENDS, _REJECTION, "the OCA type cannot be changed", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(10328, _ENDS, _REJECTION, "the connection was lost, the order's data are not known", "IB", requests=_ORDER),
    Row(10329, _ENDS, _REJECTION, "the order would be routed directly, which TWS's settings forbid", "IB",
        requests=_ORDER, advice="exchange SMART, or allow it in TWS's precautionary settings"),
    Row(10330, _ENDS, _REJECTION, "the format of a date is invalid", "IB"),
    Row(10331, _NOTE, _WARNING, "a warning about stop orders", "IB", requests=_ORDER),
    Row(10332, _NOTE, _WARNING, "a warning about the volatility of cryptocurrencies", "IB", requests=_ORDER),
    Row(10333, _NOTE, _WARNING, "a warning about exercising at the money", "IB", requests=_ORDER),
    Row(10334, _ENDS, _REJECTION, "an omnibus account must be confirmed", "IB", requests=_ORDER),
    Row(10335, _ENDS, _REJECTION, "TWS's order presets contradict each other", "IB", requests=_ORDER),
    Row(10336, _ENDS, _REJECTION, "an executing broker for each leg is not supported", "IB", requests=_ORDER),
    Row(10337, _ENDS, _REJECTION, "the key of an option of the request is invalid", "IB"),
    Row(10338, _ENDS, _REJECTION, "the value of an option of the request is invalid", "IB"),
    Row(10339, _ENDS, _REJECTION, "a continuous future takes no end", "IB", advice="leave `end` out"),
    Row(10340, _ENDS, _REJECTION, "an attribute of the order is not supported", "IB", requests=_ORDER),
    Row(10341, _ENDS, _REJECTION, "the parent of an order cannot be changed", "IB",
        requests=_ORDER, signal=Signal.CHANGE_REFUSED),
    Row(10342, _ENDS, _REJECTION, "the order cannot be imbalance-only", "IB", requests=_ORDER),
    Row(10343, _ENDS, _REJECTION, "event contracts cannot be sold", "IB", requests=_ORDER),
    Row(10344, _ENDS, _REJECTION, "the price must be from 0.02 to 0.99, in cents", "IB", requests=_ORDER),
    Row(10345, _ENDS, _REJECTION, "this cannot be traded", "IB", requests=_ORDER),
    Row(10346, _ENDS, _REJECTION, "another window of TWS has the market data of this instrument", "IB"),
    Row(10347, _ENDS, _REJECTION, "the security has little liquidity", "IB", requests=_ORDER),
    Row(10349, _NOTE, _WARNING, "the time in force was taken from a preset of TWS", "reported", requests=_ORDER),
)
# fmt: on
"""Every code of IB's published lists, and those that real gateways have been seen to send besides, by number."""

ENDED_BY_A_LOSS = (RequestKind.KEPT_UP_BARS,)
"""Subscriptions that may be dead after TWS has lost IB's servers, though it says that they go on (reported)."""

WARNING_CODES = range(2100, 2200)
"""IB's block of warnings: codes of it that are not in the table go on too."""

_WARNS = re.compile(r"\bwarning\b|will be ignored", re.IGNORECASE)

_ROWS: dict[int, list[Row]] = defaultdict(list)
for _row in TABLE:
    _ROWS[_row.code].append(_row)

ORDER_CODES = frozenset(
    code for code, rows in _ROWS.items() if rows[-1].requests == _ORDER and rows[-1].kind is not ErrorKind.WARNING
)
"""Codes that are always about an order: a request that happens to have the same number goes on.

A global cancel brings one 161 for each order of the day that has ended, with the numbers other clients gave them."""

_ONLY = {code: rows[0] for code, rows in _ROWS.items() if len(rows) == 1}

KINDS: dict[int, ErrorKind] = {code: rows[-1].kind for code, rows in _ROWS.items()}
"""The kind of each code of the table, where nothing is known of request and text."""


def find(code: int, request: RequestKind | None = None, text: str = "") -> Row:
    """The row for a message; one is made up for a code that is not in the table.

    A ``request`` that is not known is taken for one of those that the code is mostly for. Without a code (0 or less) a
    message is a notice. An unknown code ends its request, unless it is of IB's block of warnings or its text calls
    itself a warning.
    """
    if (only := _ONLY.get(code)) is not None:
        return only
    rows = _ROWS.get(code)
    if rows is not None:
        if request is None:
            request = rows[-1].requests[0] if rows[-1].requests else RequestKind.OTHER
        return next((row for row in rows if row.fits(request, text)), rows[-1])
    warns = code in WARNING_CODES or _WARNS.search(text) is not None
    if warns:
        return Row(code, Verdict.NOTE, ErrorKind.WARNING, "a warning", "")
    if code <= 0:
        return Row(code, Verdict.NOTE, ErrorKind.NOTICE, "a notice without a code", "")
    return Row(code, Verdict.ENDS, ErrorKind.REJECTION, "an unknown code", "")


def classify(code: int, text: str = "") -> ErrorKind:
    """The kind of an error message; codes that nobody listed are rejections, warnings where they say so."""
    return find(code, None, text).kind


class OrderEffect(Enum):
    """What a message with an order's id says of the order."""

    NOTE = "note"  # a warning; the order goes on
    REFUSED = "refused"  # the order, or if it works already the last change of it
    CHANGE_REFUSED = "change refused"  # the last change; the order works on as before
    CANCEL_REFUSED = "cancel refused"  # an attempt to cancel it; of the order itself it says nothing
    CANCELLED = "cancelled"  # the order is cancelled, perhaps without a status that says so


_EFFECTS = {
    Signal.CHANGE_REFUSED: OrderEffect.CHANGE_REFUSED,
    Signal.CANCEL_REFUSED: OrderEffect.CANCEL_REFUSED,
    Signal.CANCELLED: OrderEffect.CANCELLED,
}


def order_effect(code: int, text: str = "") -> OrderEffect:
    """What an error message means for the order whose id it carries."""
    row = find(code, RequestKind.ORDER, text)
    if row.signal in _EFFECTS:
        return _EFFECTS[row.signal]
    return OrderEffect.NOTE if row.verdict is Verdict.NOTE else OrderEffect.REFUSED
