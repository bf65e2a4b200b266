"""The matching engine: orders of all clients against the simulated quotes, told in a gateway's own sequence.

Nothing here knows of sockets: messages go to ``send(client_id, message)``, time passes when `step` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from ibfast.schema import Contract, ErrorMessage, OpenOrder, Order, OrderBound
from ibfast.schema.declare import Message
from ibfast.schema.order import AttachedOrders
from ibfast.simulator.market.market import Market
from ibfast.simulator.messages import contract_of
from ibfast.simulator.orders.account import Account
from ibfast.simulator.orders.advisor import Advisor
from ibfast.simulator.orders.blotter import Blotter, Fill, time_text
from ibfast.simulator.orders.conditions import ConditionEvaluator
from ibfast.simulator.orders.exercise import Exercise
from ibfast.simulator.orders.linked_orders import adopt, attached, children_of, hedge_quantity, left_of
from ibfast.simulator.orders.matching import Match, auction, match, resting, rests_on, start_stop
from ibfast.simulator.orders.modification import NO_PARENT, changed, modification_refusal, same_price
from ibfast.simulator.orders.order_intake import OrderIntake, Refused
from ibfast.simulator.orders.order_timing import held_until, set_times
from ibfast.simulator.orders.pricing import out_of_range
from ibfast.simulator.orders.what_if import preview, too_little_equity
from ibfast.simulator.orders.working_order import WorkingOrder
from ibfast.simulator.refusals import Refusal

FIRST_PERM_ID = 1_000_000_001
BECOMES_LIMIT = ("MTL", "BOX TOP")  # with what a first fill leaves
DUPLICATE = 103, "Duplicate order id"
NO_CANCEL = "Cancel attempted when order is not in a cancellable state.  Order permId ={}"

LOCATE = "locate"
LOCATING = "Order held while securities are located"

Send = Callable[[int, Message], None]
Key = tuple[int, int]


class Engine:
    """Every order of the day, by (client id, order id); those entered in TWS are client 0's, with ids below zero.

    ``keeps_hours``: orders wait for the hours of their exchange rather than trade around the clock.
    """

    def __init__(
        self, market: Market, account: Account, send: Send, *, accounts: Mapping[str, Account] | None = None,
        advisor: Advisor | None = None, keeps_hours: bool = False,
    ) -> None:  # fmt: skip
        self.accounts = accounts or {account.name: account}
        self.orders: dict[Key, WorkingOrder] = {}
        self.completed: list[WorkingOrder] = []
        self.blotter = Blotter(market, self.accounts, advisor)
        self.binds_manual = False
        self._market = market
        self._intake = OrderIntake(market, self.accounts, advisor)
        self._send = send
        self._keeps_hours = keeps_hours
        self._held: dict[Key, WorkingOrder] = {}
        self._refused: set[Key] = set()
        self._highest: dict[int, int] = {}  # the highest order id used, by client, of lost orders too
        self._children: dict[Key, list[WorkingOrder]] = {}  # by the key of their parent
        self._next_perm_id = FIRST_PERM_ID
        self._manual = 0

    @property
    def executions(self) -> list[Fill]:
        return self.blotter.fills

    # -- what clients ask for

    def place(
        self, client_id: int, order_id: int, contract: Contract, order: Order, extra: AttachedOrders | None = None
    ) -> None:
        """A new order, or a changed one if the id is one of this client's live orders."""
        key = client_id, order_id
        known = self.orders.get(key)
        if known is not None and not known.is_open:
            filled = known.status == "Filled"
            self._error(key, *((104, "Cannot modify a filled order.") if filled else DUPLICATE))
            return
        is_new = known is None and key not in self._held and key not in self._refused
        if is_new and not order.what_if and order_id < self.next_order_id(client_id):
            self._error(key, *DUPLICATE)  # ids only rise
            return
        transmits = order.transmit is not False
        try:
            instrument, order = self._intake.take(contract, order, client_id, order_id)
        except Refused as refused:
            self._refuse(key, refused.refusal, is_new=known is None and not order.what_if)
            return
        full = contract_of(instrument, contract)
        working = WorkingOrder(client_id, order_id, instrument, full, order, transmits=transmits)
        if order.what_if:
            self._what_if(key, working)
        elif known is not None:
            self._modify(known, working)
        elif self._accept(working) and extra is not None:
            tick, price = float(instrument.tick), self._market.mid(instrument)
            for child_id, child in attached(order, extra, price, tick):
                self.place(client_id, child_id, contract, child)

    def place_manually(self, contract: Contract, order: Order) -> WorkingOrder:
        """An order as if it were entered in TWS; client 0 is told of it once it binds such orders.

        Raises:
            Refused: the order cannot be accepted.
        """
        self._manual += 1
        instrument, order = self._intake.take(contract, order, 0, -self._manual)
        working = WorkingOrder(0, -self._manual, instrument, contract_of(instrument, contract), order, is_bound=False)
        self._activate(working)
        if self.binds_manual:
            self.bind()
        return working

    def bind(self) -> None:
        """Give client 0 the orders that were entered in TWS."""
        for working in self.orders.values():
            if working.alive and not working.is_bound:
                working.is_bound = True
                bound = OrderBound(perm_id=working.perm_id, client_id=0, order_id=working.order_id)
                self._send(0, bound)
                self._tell(working)

    def exercise(self, client_id: int, order_id: int, asked: Exercise) -> None:
        """Exercise options that are held, or let them lapse."""
        key = client_id, order_id
        if order_id < self.next_order_id(client_id) and key not in self._refused:
            self._error(key, *DUPLICATE)
            return
        try:
            working = self._intake.exercise(client_id, order_id, asked)
        except Refused as refused:
            self._refuse(key, refused.refusal)
        else:
            self._activate(working)

    def cancel(self, client_id: int, order_id: int) -> None:
        key = client_id, order_id
        working = self._held.pop(key, None) or self.orders.get(key)
        if working is None or not working.is_bound:
            self._error(key, 10147, f"OrderId {order_id} that needs to be cancelled is not found.")
        elif not working.is_open:
            text = f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {working.status}."
            self._error(key, 10148, text)
        else:
            self._cancel(working)

    def cancel_all(self, client_id: int) -> None:
        """Every order of every client; the caller hears which of the day were past cancelling, of others too (seen)."""
        for working in list(self.orders.values()):
            if working.is_open:
                self._cancel(working)
            else:
                self._say(client_id, working.reported_order_id, 161, NO_CANCEL.format(working.perm_id))

    def live(self, client_id: int | None = None) -> list[WorkingOrder]:
        """The orders that work, of one client or of all, oldest first."""
        return [order for order in self.orders.values() if order.alive and client_id in (None, order.client_id)]

    def listed(self, client_id: int | None = None) -> list[WorkingOrder]:
        """The open orders, of one client or of all, oldest first: those that work, and those that are held."""
        return [order for order in self.orders.values() if order.is_open and client_id in (None, order.client_id)]

    def next_order_id(self, client_id: int) -> int:
        """One above every order id that this client has used, or that was reported to it."""
        return self._highest.get(client_id, 0) + 1

    def saw(self, client_id: int, order_id: int) -> None:
        """A client has been told of an order: its next one has to have a higher id, whosesoever that was."""
        self._use((client_id, order_id))

    def correct(self, exec_id: str, price: float) -> bool:
        """The exchange changes the price of a trade: it is told again, its id counted up; whether there is one."""
        fill = self.blotter.correct(exec_id, price)
        if fill is not None:
            self._send(fill.working.client_id, fill.details())
            self._send(fill.working.client_id, fill.report)
        return fill is not None

    # -- what a person does in TWS, or the gateway by itself

    def by_perm_id(self, perm_id: int) -> WorkingOrder:
        """An open order.

        Raises:
            KeyError: there is none with this permanent id.
        """
        for working in self.listed():
            if working.perm_id == perm_id:
                return working
        raise KeyError(perm_id)

    def change_manually(self, perm_id: int, **fields: Any) -> None:
        """Change fields of an order as a person does in TWS, whichever they are; its client is told."""
        working = self.by_perm_id(perm_id)
        before, working.order = working.order, working.order.replace(**fields)
        if not same_price(before, working.order) or before.tif != working.order.tif:
            working.arrive()
            working.triggered = False
            self._settle_down(working)
        self._tell(working)

    def hold(self, perm_id: int, why: str) -> None:
        """Stop working on an order: it is inactive, and says why."""
        working = self.by_perm_id(perm_id)
        working.status, working.held = "Inactive", why
        self._tell(working)
        if why == LOCATE:
            self._error((working.client_id, working.order_id), 404, LOCATING)

    def release(self, perm_id: int) -> None:
        """Work on an order that is held."""
        working = self.by_perm_id(perm_id)
        working.held = ""
        working.arrive()
        self._submit(working)

    def lose(self, perm_id: int) -> None:
        """Know nothing of an order any more, and say nothing: it is in no list, neither of open nor of done ones."""
        working = self.by_perm_id(perm_id)
        del self.orders[working.client_id, working.order_id]

    # -- what time brings

    def step(self, now_ns: int) -> None:
        """Match every working order against the quotes since the last step."""
        for working in self.live():
            if working.alive and not working.waits_for_parent and not rests_on(working, now_ns):
                self._work(working, now_ns)

    def _work(self, working: WorkingOrder, now_ns: int) -> None:
        if working.exercise:
            self._settle_exercise(working, now_ns)
        elif working.ends_ns and now_ns >= working.ends_ns:
            self._cancel(working, "The order has expired.")
        elif out_of_range(working, self._market):
            self._cancel(working, "The stock is out of the range of the order.")
        elif not working.released:
            if now_ns >= working.begins_ns and self._conditions_allow(working):
                self._release(working)
                self._match(working, now_ns)
        elif working.order.conditions_cancel_order and self._conditions_hold(working):
            self._cancel(working, "The conditions of the order are met.")
        elif not working.auction_ns:
            self._match(working, now_ns)
        elif now_ns >= working.auction_ns:
            self._auction(working, now_ns)

    def _match(self, working: WorkingOrder, now_ns: int) -> None:
        arrives = working.matched_to_ns == 0
        deal = match(working, self._market, now_ns)
        whole = deal is not None and deal.shares >= working.remaining
        if deal is not None and (whole or working.order.tif != "FOK"):
            self._fill(working, deal, now_ns)
        if working.alive and working.order.tif in ("IOC", "FOK"):
            self._cancel(working)
        elif working.alive and arrives and not working.waits_for_stop:
            self._submit(working)
        working.resting = None if deal is not None else resting(working, self._market)

    def _auction(self, working: WorkingOrder, now_ns: int) -> None:
        deal = auction(working, self._market, now_ns)
        if deal is not None:
            self._fill(working, deal, now_ns)
        elif working.order.tif == "AUC":
            working.auction_ns = 0  # what an auction leaves goes on as a limit order
            self._submit(working)
        else:
            self._cancel(working, "The auction has passed.")

    def _conditions_allow(self, working: WorkingOrder) -> bool:
        waits = working.order.conditions and not working.order.conditions_cancel_order
        return not waits or self._conditions_hold(working)

    def _conditions_hold(self, working: WorkingOrder) -> bool:
        conditions = working.order.conditions
        trades = [(fill.contract, fill.execution) for fill in self.blotter.fills[working.seen_fills :]]
        return bool(conditions) and ConditionEvaluator(
            self._market, self._intake.account_of(working.order), trades
        ).hold(conditions)

    def _release(self, working: WorkingOrder) -> None:
        """What it waited for has come."""
        working.released = True
        working.arrive()
        start_stop(working, self._market, self._market.clock())

    def _submit(self, working: WorkingOrder) -> None:
        if working.status != "Submitted":
            working.status = "Submitted"
            self._tell(working)
            self._tell(working)  # gateways repeat themselves

    # -- accepting

    def _accept(self, working: WorkingOrder) -> bool:
        """Whether the order exists from here on, held or not."""
        order, key = working.order, (working.client_id, working.order_id)
        self._held.pop(key, None)
        family = [working]
        if order.parent_id:
            root = working.client_id, order.parent_id
            parent = self.orders.get(root) or self._held.get(root)
            if parent is None:
                self._refuse(key, (135, f"Can't find order with id ={order.parent_id}"))
                return False
            if not parent.alive and parent.status != "Filled":
                self._refuse(key, (201, "Order rejected - reason:Parent order is being cancelled."))
                return False
            held = (item for (client, _), item in self._held.items() if client == working.client_id)
            family = [trade for trade in held if order.parent_id in (trade.order_id, trade.order.parent_id)] + [working]
        else:
            refusal = too_little_equity(self._intake.account_of(order), working.instrument, order)
            if refusal is not None:
                self._refuse(key, refusal)
                return False
        if not working.transmits:
            self._held[key] = working
            self._use(key)
            return True
        for member in sorted(family, key=lambda trade: trade.order_id):
            self._activate(member)
        return True

    def _activate(self, working: WorkingOrder) -> None:
        """From here on the order exists for everyone."""
        key = working.client_id, working.order_id
        self._held.pop(key, None)
        working.perm_id = self._next_perm_id
        self._next_perm_id += 1
        working.order = working.order.replace(perm_id=working.perm_id)
        working.seen_fills = len(self.blotter.fills)
        parent = self.orders.get((working.client_id, working.order.parent_id or 0))
        if parent is not None:
            adopt(working, parent)
            self._children.setdefault((parent.client_id, parent.order_id), []).append(working)
        self._settle_down(working)
        self.orders[key] = working
        self._use(key)
        self._tell(working)
        held = held_until(working, self._market.now_s())
        if held:
            self._error(key, 399, held)
            self._tell(working)
        if parent is not None and not working.waits_for_parent and working.order.hedge_type:
            self._size_hedge(working, parent)

    def _use(self, key: Key) -> None:
        """The id of an order is used from here on."""
        client_id, order_id = key
        self._highest[client_id] = max(self._highest.get(client_id, 0), order_id)

    def _children_of(self, parent: WorkingOrder) -> list[WorkingOrder]:
        family = self._children.get((parent.client_id, parent.order_id), ())
        return [
            trade
            for trade in children_of(family, parent)
            if self.orders.get((trade.client_id, trade.order_id)) is trade
        ]

    def _settle_down(self, working: WorkingOrder) -> None:
        """Work out what the order waits for, and where its stop begins."""
        now_ns = self._market.clock()
        set_times(working, now_ns // 1_000_000_000, keeps_hours=self._keeps_hours)
        waits = working.order.conditions and not working.order.conditions_cancel_order
        working.released = working.begins_ns <= now_ns and not waits
        start_stop(working, self._market, now_ns)

    def _modify(self, working: WorkingOrder, asked: WorkingOrder) -> None:
        refusal = self._no_parent(working.client_id, asked.order) or modification_refusal(working, asked)
        if refusal is not None:
            self._error((working.client_id, working.order_id), *refusal)
            return
        keeps_place = same_price(working.order, asked.order) and not working.held
        tif_before = working.order.tif
        if working.held:  # sent again, it goes on
            working.held, working.status = "", "PreSubmitted"
        working.order = changed(working, asked.order)
        if not keeps_place:
            working.arrive()
            working.triggered = False
            self._settle_down(working)
        elif working.order.tif != tif_before:
            self._change_duration(working)
        self._tell(working)
        if not working.remaining:
            self._end(working, "Filled", f"Filled Size: {working.filled}")
            self._tell(working)

    def _change_duration(self, working: WorkingOrder) -> None:
        """It keeps its place and its trigger, but ends at another time: for IOC with the next quote."""
        set_times(working, self._market.clock() // 1_000_000_000, keeps_hours=self._keeps_hours)
        if working.order.tif == "IOC":
            working.arrive()

    def _no_parent(self, client_id: int, order: Order) -> Refusal | None:
        """Why a change that names a parent is refused; there must be one that has not ended."""
        parent_id = order.parent_id or 0
        parent = self.orders.get((client_id, parent_id))
        is_there = (client_id, parent_id) in self._held or (parent is not None and parent.alive)
        return (NO_PARENT[0], NO_PARENT[1].format(parent_id)) if parent_id and not is_there else None

    def _what_if(self, key: Key, working: WorkingOrder) -> None:
        state = preview(self._intake.account_of(working.order), working.instrument, working.order)
        self._send(
            key[0], OpenOrder(order_id=key[1], contract=working.contract, order=working.order, order_state=state)
        )

    # -- filling and ending

    def _fill(self, working: WorkingOrder, deal: Match, now_ns: int) -> None:
        price, shares = working.instrument.price(deal.ticks), min(deal.shares, working.remaining)
        working.filled += shares
        working.filled_value += float(shares) * price
        working.last_price = price
        working.order = working.order.replace(filled_quantity=working.filled)
        if working.order.order_type in BECOMES_LIMIT:
            working.limit_at = deal.ticks
            working.order = working.order.replace(lmt_price=price)
        self._tell_fills(working, self.blotter.book(working, deal, shares, now_ns))
        self._settle_oca(working, shares)
        if not working.remaining:
            self._release_children(working)

    def _tell_fills(self, working: WorkingOrder, fills: list[Fill]) -> None:
        """Executions, the order, the order with what they cost, and each cost."""
        for fill in fills:
            self._send(working.client_id, fill.details())
        if working.remaining:
            working.status = "Submitted"
        else:
            self._end(working, "Filled", f"Filled Size: {working.filled}")
        self._tell(working)
        cost = sum(fill.report.commission_and_fees or 0.0 for fill in fills)
        working.commission = round(working.commission + cost, 6)
        self._tell(working)
        for fill in fills:
            self._send(working.client_id, fill.report)

    def _settle_exercise(self, working: WorkingOrder, now_ns: int) -> None:
        working.filled = working.quantity
        working.order = working.order.replace(filled_quantity=working.filled)
        fills = [
            self.blotter.settle(working, instrument, side, shares, price, now_ns)
            for instrument, side, shares, price in self._intake.delivered(working)
        ]
        self._tell_fills(working, fills)

    def _cancel(self, working: WorkingOrder, reason: str = "") -> None:
        self._end(working, "Cancelled", "Cancelled by Trader" if not reason else f"Cancelled by System:{reason}")
        if working.is_bound:
            self._send(working.client_id, working.order_status())
        self._error((working.client_id, working.order_id), 202, f"Order Canceled - reason:{reason}")
        for child in self._children_of(working):
            if child.is_open:
                self._cancel(child)

    def _end(self, working: WorkingOrder, status: str, completed_status: str) -> None:
        working.status, working.held = status, ""
        working.completed_time = time_text(working.instrument, self._market.clock())
        working.completed_status = completed_status
        self.completed.append(working)

    def _settle_oca(self, working: WorkingOrder, shares: Decimal) -> None:
        group = working.order.oca_group
        for other in self.live() if group else ():
            if other is working or other.order.oca_group != group:
                continue
            left = left_of(other, working, shares)
            if left is None:
                self._cancel(other)
            else:
                other.order = other.order.replace(total_quantity=left)
                self._tell(other)

    def _release_children(self, parent: WorkingOrder) -> None:
        for child in self._children_of(parent):
            if not child.alive or not child.waits_for_parent:
                continue
            child.waits_for_parent = False
            child.arrive()
            if child.order.hedge_type:
                self._size_hedge(child, parent)
            if child.waits_for_stop:
                start_stop(child, self._market, self._market.clock())
                self._tell(child)
            elif child.released and not child.auction_ns:
                self._submit(child)

    def _size_hedge(self, child: WorkingOrder, parent: WorkingOrder) -> None:
        child.order = child.order.replace(total_quantity=hedge_quantity(child, parent, self._market))

    # -- telling

    def _tell(self, working: WorkingOrder) -> None:
        if working.is_bound:
            self._send(working.client_id, working.open_order())
            self._send(working.client_id, working.order_status())

    def _error(self, key: Key, code: int, text: str) -> None:
        working = self.orders.get(key)
        if working is None or working.is_bound:  # nobody is told of what was entered in TWS
            self._say(*key, code, text)

    def _refuse(self, key: Key, refusal: Refusal, *, is_new: bool = True) -> None:
        """An order does not come about. Its id is used, but the same order may be sent again, put right."""
        if is_new:
            self._use(key)
            self._refused.add(key)
        self._error(key, *refusal)

    def _say(self, client_id: int, order_id: int, code: int, text: str) -> None:
        at = self._market.now_s() * 1000  # order errors have no milliseconds
        self._send(client_id, ErrorMessage(id=order_id, error_time=at, error_code=code, error_msg=text))
