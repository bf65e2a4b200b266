# A quote, kept from L1 ticks: one number a tick type, whatever kind of tick brought it.

cdef enum:
    TICK_TYPES = 128        # tick types below this are kept
    BID_COMPUTATION = 10
    CUSTOM_COMPUTATION = 53
    CUSTOM_PLACE = 4        # of the custom one; bid, ask, last and model have 0 to 3
    BID_EXCH = 32
    ASK_EXCH = 33
    LAST_EXCH = 84

cdef struct TickTypeFacts:
    bint is_price           # an unset price of it is no number, whatever size came with it
    bint is_delayed
    bint tells_delay        # a price that comes live or delayed
    uint8_t live            # the type that it is the delayed form of, else itself
    bint has_size           # a size comes with this price
    uint8_t size            # and counts as this type
    bint is_none_at_minus_one       # -1 alone says that there is none
    bint has_sign           # a size of this type may be below zero

cdef TickTypeFacts[TICK_TYPES] FACTS

DELAYED_TICK_TYPES = {
    66: 1, 67: 2, 68: 4, 69: 0, 70: 3, 71: 5, 72: 6, 73: 7, 74: 8, 75: 9, 76: 14, 80: 10, 81: 11, 82: 12, 83: 13,
    88: 45, 90: 49, 103: 50, 104: 51}
cdef tuple HALTED_TICK_TYPES = (49, 90)
# Yields and imbalances can be below zero, -1 among them: they stand as they come.
cdef tuple YIELD_TICK_TYPES = (50, 51, 52, 103, 104)
cdef tuple IMBALANCE_TICK_TYPES = (36, 61)
cdef tuple PRICE_TICK_TYPES = (
    1, 2, 4, 6, 7, 9, 14, 15, 16, 17, 18, 19, 20, 35, 37, 50, 51, 52, 57, 66, 67, 68, 72, 73, 75, 76, 78, 79,
    92, 93, 94, 95, 96, 97, 98, 99, 101, 102, 103, 104, 105, 106)
cdef dict SIZES_OF_PRICES = {1: 0, 2: 3, 4: 5}

# What TWS says where it has no data (IB's manual, "Receiving Market Data", and recordings):
#
#   bid, ask, last   a price of -1 or 0 whose size is 0 or -1; with a size either is a price, as spreads have them
#   other prices     -1: high, low, open, close, mark, ... come without a size
#   sizes            below zero: -1, and -1553556175 and the like, which have overflowed 32 bits at IB
#   halted           -1, with frozen data


cdef int fill_facts() except -1:
    cdef int tick_type
    for tick_type in range(TICK_TYPES):
        FACTS[tick_type].live = DELAYED_TICK_TYPES.get(tick_type, tick_type)
        FACTS[tick_type].is_delayed = tick_type in DELAYED_TICK_TYPES
        FACTS[tick_type].is_price = tick_type in PRICE_TICK_TYPES
        FACTS[tick_type].tells_delay = tick_type in PRICE_TICK_TYPES and (
            tick_type in DELAYED_TICK_TYPES or tick_type in DELAYED_TICK_TYPES.values())
        FACTS[tick_type].has_size = FACTS[tick_type].live in SIZES_OF_PRICES
        FACTS[tick_type].size = SIZES_OF_PRICES.get(FACTS[tick_type].live, 0)
        FACTS[tick_type].has_sign = tick_type in IMBALANCE_TICK_TYPES
        FACTS[tick_type].is_none_at_minus_one = tick_type in HALTED_TICK_TYPES or (
            tick_type in PRICE_TICK_TYPES and tick_type not in YIELD_TICK_TYPES and not FACTS[tick_type].has_size)
    return 0

fill_facts()


cdef struct QuoteState:
    double values[TICK_TYPES]
    int64_t texts[TICK_TYPES]       # where the newest text of a type is, 0 if it has been fetched
    uint16_t exchanges[TICK_TYPES]  # of BID_EXCH, ASK_EXCH, LAST_EXCH
    OptionRow computations[5]       # by place
    int64_t recv_ns
    int64_t updates
    bint is_delayed
    bint has_texts


cdef class QuoteValues:
    """The newest value of each L1 tick type; a delayed one counts as the live one it stands for."""
    cdef QuoteState state
    cdef dict texts

    def __cinit__(self):
        self.clear()

    @property
    def recv_ns(self):
        """When the last tick came; 0 before the first."""
        return self.state.recv_ns

    @property
    def updates(self):
        """Ticks and option computations so far."""
        return self.state.updates

    @property
    def is_delayed(self):
        """Whether the newest price came as a delayed one."""
        return self.state.is_delayed

    def take_from(self, Rows rows not None):
        """Take in all L1 ticks or option computations that wait in ``rows``, and empty it."""
        if rows.sink.kind == TICK_ROW:
            update_quote(&self.state, &rows.sink)
            if self.state.has_texts:
                self.fetch_texts(rows)
        elif rows.sink.kind == OPTION_ROW:
            update_computations(&self.state, &rows.sink)
        else:
            raise ValueError(f"rows: {rows.kind} records are no ticks of a quote")
        if rows.sink.used:
            rows.forget()

    cdef int fetch_texts(self, Rows rows) except -1:
        """Texts by type; once a batch, before newer ones overwrite them."""
        cdef int i
        for i in range(TICK_TYPES):
            if self.state.texts[i]:
                self.texts[i] = rows.text(self.state.texts[i])
                self.state.texts[i] = 0
        self.state.has_texts = False
        return 0

    def value(self, int tick_type):
        """The newest number of a tick type, NaN if it is unknown."""
        return self.state.values[FACTS[tick_type].live] if 0 <= tick_type < TICK_TYPES else NAN

    def text(self, int tick_type):
        """The newest text of a tick type that is no number, None if it is unknown."""
        if tick_type == BID_EXCH or tick_type == ASK_EXCH or tick_type == LAST_EXCH:
            return EXCHANGES.decode([self.state.exchanges[tick_type]])[0] or None
        return self.texts.get(tick_type)

    def computation(self, int place):
        """The newest option computation: 0 of the bid, 1 ask, 2 last, 3 model, 4 custom; None if it is unknown."""
        cdef Memory copied
        if not 0 <= place < 5 or self.state.computations[place].seq < 0:
            return None
        copied = Memory(sizeof(OptionRow))
        memcpy(copied.at, &self.state.computations[place], sizeof(OptionRow))
        return np.frombuffer(copied, OPTION, 1)[0]

    def clear(self):
        """Forget everything: nothing of it is known any more."""
        cdef int i
        memset(&self.state, 0, sizeof(QuoteState))
        self.texts = {}
        for i in range(TICK_TYPES):
            self.state.values[i] = NAN
        for i in range(CUSTOM_PLACE + 1):
            self.state.computations[i].seq = -1


cdef void update_quote(QuoteState *quote, Sink *sink) noexcept nogil:
    cdef int64_t i
    for i in range(sink.used):
        update_tick(quote, sink, <const TickRow *>(sink.rows + (sink.head + i) % sink.used * sink.itemsize))


cdef void update_tick(QuoteState *quote, Sink *sink, const TickRow *row) noexcept nogil:
    cdef TickTypeFacts *facts
    quote.recv_ns = row.recv_ns
    quote.updates += 1
    if not 0 <= row.tick_type < TICK_TYPES:
        return
    facts = &FACTS[row.tick_type]
    if facts.tells_delay:
        quote.is_delayed = facts.is_delayed
    if row.text:
        keep_quote_text(quote, sink, row)
    if facts.has_size:
        quote.values[facts.size] = size_or_none(row.size)
        quote.values[facts.live] = price_or_none(row.price, row.size)
        return
    if facts.is_price:
        quote.values[facts.live] = row.price
    elif row.size == row.size:
        quote.values[facts.live] = row.size if facts.has_sign else size_or_none(row.size)
    elif row.price == row.price:
        quote.values[facts.live] = row.price
    else:
        quote.values[facts.live] = row.value
    if facts.is_none_at_minus_one and quote.values[facts.live] == -1:
        quote.values[facts.live] = NAN


cdef inline double size_or_none(double size) noexcept nogil:
    return NAN if size < 0 else size


cdef inline double price_or_none(double price, double size) noexcept nogil:
    """A price of -1 or 0 is one only if there is something to be had at it."""
    return NAN if (price == -1 or price == 0) and not size > 0 else price


cdef void keep_quote_text(QuoteState *quote, Sink *sink, const TickRow *row) noexcept nogil:
    """An exchange as its code, another text by its place; numbers need none."""
    cdef char *at
    if row.tick_type == BID_EXCH or row.tick_type == ASK_EXCH or row.tick_type == LAST_EXCH:
        if sink.text_end - row.text < TEXT_BYTES:
            at = sink.texts + (row.text - 1) % TEXT_BYTES
            quote.exchanges[row.tick_type] = code_of(EXCHANGE_CODES, at + 4, (<uint32_t *>at)[0])
    elif row.value != row.value:
        quote.texts[row.tick_type] = row.text
        quote.has_texts = True


cdef void update_computations(QuoteState *quote, const Sink *sink) noexcept nogil:
    cdef const OptionRow *row
    cdef int64_t i, place
    for i in range(sink.used):
        row = <const OptionRow *>(sink.rows + (sink.head + i) % sink.used * sink.itemsize)
        quote.recv_ns = row.recv_ns
        quote.updates += 1
        if not 0 <= row.tick_type < TICK_TYPES:
            continue
        if row.tick_type == CUSTOM_COMPUTATION:
            quote.computations[CUSTOM_PLACE] = row[0]
            continue
        place = <int64_t>FACTS[row.tick_type].live - BID_COMPUTATION
        if 0 <= place < CUSTOM_PLACE:
            quote.computations[place] = row[0]
