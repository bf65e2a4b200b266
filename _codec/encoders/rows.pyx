# Rows back to frames: the hot decoders' inverse, for the simulator, replay and benchmarks.

cdef class RowEncoder:
    """Writes rows as the messages they came from, for one server version.

    ``heads`` are the message ids (with their NUL, if they are text) of TICK_PRICE, TICK_SIZE, TICK_GENERIC and
    TICK_BY_TICK; ``protobuf_ticks`` and ``protobuf_tick_by_tick`` say which wire each family uses.
    """
    cdef Buffer out
    cdef bytes price_head, size_head, generic_head, tick_by_tick_head
    cdef bint protobuf_ticks, protobuf_tick_by_tick

    def __init__(self, heads, bint protobuf_ticks, bint protobuf_tick_by_tick):
        self.out = Buffer()
        self.price_head, self.size_head, self.generic_head, self.tick_by_tick_head = heads
        self.protobuf_ticks, self.protobuf_tick_by_tick = protobuf_ticks, protobuf_tick_by_tick

    def frames(self, str kind not None, rows not None, int32_t req_id):
        """The frames of a structured array of this kind, in order; its ``recv_ns`` and ``seq`` do not travel.

        An L1 row is a price tick if it has a price, else a size tick if it has a size, else a generic tick; string
        ticks travel as messages of their own.

        Raises:
            ValueError: the kind is none of "tick", "last", "bid_ask" and "mid_point", the array is not of its dtype, or
                it holds a string tick.
        """
        cdef Py_ssize_t i, start, count = len(rows)
        cdef const uint8_t[::1] memory
        cdef const char *at
        cdef int row_kind
        cdef int itemsize
        if ROW_KINDS.get(kind, 0) not in (TICK_ROW, LAST_ROW, BID_ASK_ROW, MID_POINT_ROW):
            raise ValueError(f"kind: rows of kind {kind!r} cannot be written as messages")
        if rows.dtype != DTYPES[kind]:
            raise ValueError(f"kind: rows of dtype {rows.dtype} are not of kind {kind!r}")
        if count == 0:
            return b""
        if kind == "tick" and rows["text"].any():
            raise ValueError("rows: a string tick travels as a message, not as a row")
        row_kind, itemsize = ROW_KINDS[kind], rows.dtype.itemsize
        memory = np.ascontiguousarray(rows).view(np.uint8)
        at = <const char *>&memory[0]
        for i in range(count):
            start = self.out.used
            self.out.extend(4)
            if row_kind == TICK_ROW:
                self.tick(<const TickRow *>(at + i * itemsize), req_id)
            elif row_kind == LAST_ROW:
                self.last(<const LastRow *>(at + i * itemsize), req_id)
            elif row_kind == BID_ASK_ROW:
                self.bid_ask(<const BidAskRow *>(at + i * itemsize), req_id)
            else:
                self.mid_point(<const MidPointRow *>(at + i * itemsize), req_id)
            put_frame_length(self.out.at + start, self.out.used - start - 4)
        return self.out.take()

    cdef int tick(self, const TickRow *row, int32_t req_id) except -1:
        if row.price == row.price:
            self.tick_head(self.price_head, row, req_id)
            if self.protobuf_ticks:
                self.number(3, row.price)
                self.size(4, row.size)
                self.integer(5, row.attr_mask)
            else:
                self.double_field(row.price, False)
                self.double_field(row.size, True)
                self.int_field(row.attr_mask)
        elif row.size == row.size:
            self.tick_head(self.size_head, row, req_id)
            if self.protobuf_ticks:
                self.size(3, row.size)
            else:
                self.double_field(row.size, True)
        else:
            self.tick_head(self.generic_head, row, req_id)
            if self.protobuf_ticks:
                self.number(3, row.value)
            else:
                self.double_field(row.value, False)
        return 0

    cdef int tick_head(self, bytes head, const TickRow *row, int32_t req_id) except -1:
        self.out.put(head)
        if self.protobuf_ticks:
            self.integer(1, req_id)
            return self.integer(2, row.tick_type)
        self.out.put(b"6\0")
        self.int_field(req_id)
        return self.int_field(row.tick_type)

    cdef int last(self, const LastRow *row, int32_t req_id) except -1:
        cdef Code *exchange = EXCHANGE_CODES.codes + row.exchange
        cdef Code *conditions = CONDITION_CODES.codes + row.special_conditions
        cdef Py_ssize_t start
        self.tick_by_tick_start(req_id, row.tick_type, row.time)
        if not self.protobuf_tick_by_tick:
            self.double_field(row.price, False)
            self.double_field(row.size, True)
            self.int_field(row.attr_mask)
            self.out.put_chars(exchange.at, exchange.size)
            self.out.put(b"\0")
            self.out.put_chars(conditions.at, conditions.size)
            return self.out.put(b"\0")
        self.out.put_key(3, BYTES)
        start = self.out.used
        self.integer(1, row.time)
        self.flags(row.attr_mask)
        self.number(3, row.price)
        self.size(4, row.size)
        self.span(5, exchange)
        self.span(6, conditions)
        return self.out.close_span(start)

    cdef int bid_ask(self, const BidAskRow *row, int32_t req_id) except -1:
        cdef Py_ssize_t start
        self.tick_by_tick_start(req_id, 3, row.time)
        if not self.protobuf_tick_by_tick:
            self.double_field(row.bid_price, False)
            self.double_field(row.ask_price, False)
            self.double_field(row.bid_size, True)
            self.double_field(row.ask_size, True)
            return self.int_field(row.attr_mask)
        self.out.put_key(4, BYTES)
        start = self.out.used
        self.integer(1, row.time)
        self.flags(row.attr_mask)
        self.number(3, row.bid_price)
        self.number(4, row.ask_price)
        self.size(5, row.bid_size)
        self.size(6, row.ask_size)
        return self.out.close_span(start)

    cdef int mid_point(self, const MidPointRow *row, int32_t req_id) except -1:
        cdef Py_ssize_t start
        self.tick_by_tick_start(req_id, 4, row.time)
        if not self.protobuf_tick_by_tick:
            return self.double_field(row.mid_point, False)
        self.out.put_key(5, BYTES)
        start = self.out.used
        self.integer(1, row.time)
        self.number(2, row.mid_point)
        return self.out.close_span(start)

    cdef int tick_by_tick_start(self, int32_t req_id, int tick_type, int64_t time) except -1:
        self.out.put(self.tick_by_tick_head)
        if self.protobuf_tick_by_tick:
            self.integer(1, req_id)
            return self.integer(2, tick_type)
        self.int_field(req_id)
        self.int_field(tick_type)
        return self.int_field(time)

    # -- fields of text

    cdef int int_field(self, int64_t value) except -1:
        cdef char digits[21]
        cdef int at = 20
        cdef uint64_t rest = <uint64_t>-value if value < 0 else <uint64_t>value
        digits[20] = 0
        while True:
            at -= 1
            digits[at] = <char>(c'0' + rest % 10)
            rest //= 10
            if rest == 0:
                break
        if value < 0:
            at -= 1
            digits[at] = c'-'
        return self.out.put_chars(digits + at, 21 - at)

    cdef int double_field(self, double value, bint plain) except -1:
        if value == value:
            self.double_text(value, plain)
        return self.out.put(b"\0")

    cdef int double_text(self, double value, bint plain) except -1:
        """The shortest decimal that reads back as ``value``, never with an exponent below 10**16."""
        cdef char *text = PyOS_double_to_string(value, c'r', 0, 0, NULL)
        cdef Py_ssize_t size = 0
        while text[size]:
            size += 1
        self.out.put_chars(text, size)
        PyMem_Free(text)
        if not plain and -1e15 < value < 1e15 and value == <int64_t>value:
            self.out.put(b".0")
        return 0

    # -- fields of protobuf

    cdef int integer(self, int number, int64_t value) except -1:
        self.out.put_key(number, VARINT)
        return self.out.put_varint(<uint64_t>value)

    cdef int number(self, int number, double value) except -1:
        if value == value:
            self.out.put_key(number, FIXED64)
            self.out.put_double(value)
        return 0

    cdef int size(self, int number, double value) except -1:
        cdef Py_ssize_t start
        if value == value:
            self.out.put_key(number, BYTES)
            start = self.out.used
            self.double_text(value, True)
            self.out.close_span(start)
        return 0

    cdef int flags(self, uint8_t mask) except -1:
        cdef Py_ssize_t start
        self.out.put_key(2, BYTES)
        start = self.out.used
        if mask & 1:
            self.integer(1, 1)
        if mask & 2:
            self.integer(2, 1)
        return self.out.close_span(start)

    cdef int span(self, int number, const Code *code) except -1:
        if code.size:
            self.out.put_key(number, BYTES)
            self.out.put_varint(code.size)
            self.out.put_chars(code.at, code.size)
        return 0
