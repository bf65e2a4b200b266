# L1 ticks and tick by tick, by hand, from the wire into rows.
#
# text      TICK_PRICE    version req_id tick_type price size attr_mask
#           TICK_SIZE     version req_id tick_type size
#           TICK_GENERIC  version req_id tick_type value
#           TICK_STRING   version req_id tick_type value
#           TICK_BY_TICK  req_id tick_type time, then
#                         1 Last, 2 AllLast   price size attr_mask exchange special_conditions
#                         3 BidAsk            bid_price ask_price bid_size ask_size attr_mask
#                         4 MidPoint          mid_point
# protobuf  the fields of TickPrice, TickSize, TickGeneric, TickString, TickByTickData by number

# ------------------------------------------------------------------------------------------- L1 ticks, text

cdef inline bint take_tick_head(Cursor *cur, Reading *reading, TickRow *row, int64_t *req_id) noexcept nogil:
    """version, req_id, tick_type; the rest of the row is set to "not there"."""
    cdef int64_t tick_type
    if not (skip_field(cur) and take_int(cur, req_id) and take_int(cur, &tick_type)):
        return False
    start_tick(row, reading, tick_type)
    return tick_type == row.tick_type


cdef inline void start_tick(TickRow *row, Reading *reading, int64_t tick_type) noexcept nogil:
    row.recv_ns = reading.recv_ns
    row.price = row.size = row.value = NAN
    row.text = 0
    row.tick_type = <int32_t>tick_type
    row.attr_mask = 0


cdef Outcome tick_price_text(Cursor *cur, Reading *reading) noexcept nogil:
    cdef TickRow row
    cdef int64_t req_id
    cdef Sink *sink
    if not take_tick_head(cur, reading, &row, &req_id):
        return DECLINED
    sink = subscriber(reading, req_id, TICK_ROW)
    if sink == NULL:
        return NO_READER
    if not (take_float(cur, &row.price) and take_decimal(cur, &row.size) and take_int32(cur, &row.attr_mask)):
        return DECLINED
    row.seq = sink.total
    return deliver(sink, reading, &row)


cdef Outcome tick_size_text(Cursor *cur, Reading *reading) noexcept nogil:
    cdef TickRow row
    cdef int64_t req_id
    cdef Sink *sink
    if not take_tick_head(cur, reading, &row, &req_id):
        return DECLINED
    sink = subscriber(reading, req_id, TICK_ROW)
    if sink == NULL:
        return NO_READER
    if not take_decimal(cur, &row.size):
        return DECLINED
    row.seq = sink.total
    return deliver(sink, reading, &row)


cdef Outcome tick_generic_text(Cursor *cur, Reading *reading) noexcept nogil:
    cdef TickRow row
    cdef int64_t req_id
    cdef Sink *sink
    if not take_tick_head(cur, reading, &row, &req_id):
        return DECLINED
    sink = subscriber(reading, req_id, TICK_ROW)
    if sink == NULL:
        return NO_READER
    if not take_float(cur, &row.value):
        return DECLINED
    row.seq = sink.total
    return deliver(sink, reading, &row)


cdef Outcome tick_string_text(Cursor *cur, Reading *reading) noexcept nogil:
    cdef TickRow row
    cdef int64_t req_id
    cdef Sink *sink
    cdef const char *stop
    if not take_tick_head(cur, reading, &row, &req_id):
        return DECLINED
    sink = subscriber(reading, req_id, TICK_ROW)
    if sink == NULL:
        return NO_READER
    stop = field_end(cur)
    if stop == NULL:
        return DECLINED
    return deliver_string(sink, reading, &row, cur.pos, stop)


cdef Outcome deliver_string(
        Sink *sink, Reading *reading, TickRow *row, const char *at, const char *stop) noexcept nogil:
    """A string tick: the text is remembered, and read as a number too if it is one."""
    if stop > at:
        row.text = keep_text(sink, at, stop - at)
        if row.text == 0:
            return NO_READER    # too long for a row: it is delivered as a message
        if parse_float(at, stop, &row.value) != EXACT:
            row.value = NAN
    row.seq = sink.total
    return deliver(sink, reading, row)


# ----------------------------------------------------------------------------------- tick by tick, text

cdef Outcome tick_by_tick_text(Cursor *cur, Reading *reading) noexcept nogil:
    cdef int64_t req_id, tick_type, time
    if not (take_int(cur, &req_id) and take_int(cur, &tick_type) and take_int(cur, &time)):
        return DECLINED
    if tick_type == 1 or tick_type == 2:
        return last_text(cur, reading, req_id, tick_type, time)
    if tick_type == 3:
        return bid_ask_text(cur, reading, req_id, time)
    if tick_type == 4:
        return mid_point_text(cur, reading, req_id, time)
    return NO_READER


cdef Outcome last_text(Cursor *cur, Reading *reading, int64_t req_id, int64_t tick_type, int64_t time) noexcept nogil:
    cdef LastRow row
    cdef int64_t attr_mask
    cdef bint ok = True
    cdef Sink *sink = subscriber(reading, req_id, LAST_ROW)
    if sink == NULL:
        return NO_READER
    if not (take_float(cur, &row.price) and take_decimal(cur, &row.size) and take_int(cur, &attr_mask)):
        return DECLINED
    row.exchange = take_code(cur, EXCHANGE_CODES, &ok)
    row.special_conditions = take_code(cur, CONDITION_CODES, &ok)
    if not ok:
        return DECLINED
    row.recv_ns, row.seq, row.time = reading.recv_ns, sink.total, time
    row.attr_mask, row.tick_type, row.pad = attr_mask & 3, <uint8_t>tick_type, 0
    return deliver(sink, reading, &row)


cdef Outcome bid_ask_text(Cursor *cur, Reading *reading, int64_t req_id, int64_t time) noexcept nogil:
    cdef BidAskRow row
    cdef int64_t attr_mask
    cdef Sink *sink = subscriber(reading, req_id, BID_ASK_ROW)
    if sink == NULL:
        return NO_READER
    if not (take_float(cur, &row.bid_price) and take_float(cur, &row.ask_price)
            and take_decimal(cur, &row.bid_size) and take_decimal(cur, &row.ask_size) and take_int(cur, &attr_mask)):
        return DECLINED
    row.recv_ns, row.seq, row.time = reading.recv_ns, sink.total, time
    memset(row.pad, 0, 7)
    row.attr_mask = attr_mask & 3
    return deliver(sink, reading, &row)


cdef Outcome mid_point_text(Cursor *cur, Reading *reading, int64_t req_id, int64_t time) noexcept nogil:
    cdef MidPointRow row
    cdef Sink *sink = subscriber(reading, req_id, MID_POINT_ROW)
    if sink == NULL:
        return NO_READER
    if not take_float(cur, &row.mid_point):
        return DECLINED
    row.recv_ns, row.seq, row.time = reading.recv_ns, sink.total, time
    return deliver(sink, reading, &row)


# --------------------------------------------------------------------------------------- protobuf

cdef Outcome tick_protobuf(Cursor *cur, Reading *reading, int what) noexcept nogil:
    """TickPrice, TickSize, TickGeneric and TickString share fields 1 and 2; ``what`` is the text id of the message."""
    cdef TickRow row
    cdef Cursor text
    cdef int64_t req_id = 0, tick_type = 0, attr_mask = 0
    cdef uint64_t key = 0
    cdef bint ok = True
    cdef Sink *sink
    start_tick(&row, reading, 0)
    text.pos = text.end = NULL
    while ok and cur.pos < cur.end:
        if not take_key(cur, &key):
            return DECLINED
        if key >> 3 == 1:
            ok = take_integer(cur, key, &req_id)
        elif key >> 3 == 2:
            ok = take_integer(cur, key, &tick_type)
        elif key >> 3 == 3 and what == TICK_PRICE_ID:
            ok = take_number(cur, key, &row.price)
        elif key >> 3 == 3 and what == TICK_SIZE_ID:
            ok = take_size(cur, key, &row.size)
        elif key >> 3 == 3 and what == TICK_GENERIC_ID:
            ok = take_number(cur, key, &row.value)
        elif key >> 3 == 3:
            ok = take_bytes(cur, key, &text)
        elif key >> 3 == 4 and what == TICK_PRICE_ID:
            ok = take_size(cur, key, &row.size)
        elif key >> 3 == 5 and what == TICK_PRICE_ID:
            ok = take_integer(cur, key, &attr_mask)
        else:
            ok = skip_value(cur, key & 7)
    if not ok:
        return DECLINED
    sink = subscriber(reading, <int32_t>req_id, TICK_ROW)
    if sink == NULL:
        return NO_READER
    row.tick_type, row.attr_mask = <int32_t>tick_type, <int32_t>attr_mask
    if what == TICK_STRING_ID:
        return deliver_string(sink, reading, &row, text.pos, text.end)
    row.seq = sink.total
    return deliver(sink, reading, &row)


cdef Outcome tick_price_protobuf(Cursor *cur, Reading *reading) noexcept nogil:
    return tick_protobuf(cur, reading, TICK_PRICE_ID)


cdef Outcome tick_size_protobuf(Cursor *cur, Reading *reading) noexcept nogil:
    return tick_protobuf(cur, reading, TICK_SIZE_ID)


cdef Outcome tick_generic_protobuf(Cursor *cur, Reading *reading) noexcept nogil:
    return tick_protobuf(cur, reading, TICK_GENERIC_ID)


cdef Outcome tick_string_protobuf(Cursor *cur, Reading *reading) noexcept nogil:
    return tick_protobuf(cur, reading, TICK_STRING_ID)


cdef Outcome tick_by_tick_protobuf(Cursor *cur, Reading *reading) noexcept nogil:
    """TickByTickData: req_id 1, tick_type 2, then one of last 3, bid_ask 4, mid_point 5."""
    cdef int64_t req_id = 0, tick_type = 0
    cdef Cursor last, bid_ask, mid_point
    cdef uint64_t key = 0
    cdef bint ok = True
    last.pos = bid_ask.pos = mid_point.pos = NULL
    while ok and cur.pos < cur.end:
        if not take_key(cur, &key):
            return DECLINED
        if key >> 3 == 1:
            ok = take_integer(cur, key, &req_id)
        elif key >> 3 == 2:
            ok = take_integer(cur, key, &tick_type)
        elif key >> 3 == 3:
            ok = take_bytes(cur, key, &last)
        elif key >> 3 == 4:
            ok = take_bytes(cur, key, &bid_ask)
        elif key >> 3 == 5:
            ok = take_bytes(cur, key, &mid_point)
        else:
            ok = skip_value(cur, key & 7)
    if not ok:
        return DECLINED
    req_id, tick_type = <int32_t>req_id, <int32_t>tick_type
    if (tick_type == 1 or tick_type == 2) and last.pos != NULL:
        return last_protobuf(&last, reading, req_id, tick_type)
    if tick_type == 3 and bid_ask.pos != NULL:
        return bid_ask_protobuf(&bid_ask, reading, req_id)
    if tick_type == 4 and mid_point.pos != NULL:
        return mid_point_protobuf(&mid_point, reading, req_id)
    return NO_READER


cdef struct TradePrint:
    int64_t time
    double price
    double size
    uint16_t exchange
    uint16_t special_conditions
    uint8_t attr_mask


cdef struct Quote:
    int64_t time
    double bid_price
    double ask_price
    double bid_size
    double ask_size
    uint8_t attr_mask


cdef bint take_trade(Cursor *cur, TradePrint *trade) noexcept nogil:
    """HistoricalTickLast: time 1, attributes 2, price 3, size 4, exchange 5, special_conditions 6."""
    cdef Cursor text
    cdef uint64_t key = 0
    cdef bint ok = True
    trade[0] = TradePrint(0, NAN, NAN, 0, 0, 0)
    while ok and cur.pos < cur.end:
        if not take_key(cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_integer(cur, key, &trade.time)
        elif key >> 3 == 2:
            ok = take_flags(cur, key, &trade.attr_mask)
        elif key >> 3 == 3:
            ok = take_number(cur, key, &trade.price)
        elif key >> 3 == 4:
            ok = take_size(cur, key, &trade.size)
        elif key >> 3 == 5:
            ok = take_bytes(cur, key, &text)
            if ok:
                trade.exchange = code_of(EXCHANGE_CODES, text.pos, text.end - text.pos)
        elif key >> 3 == 6:
            ok = take_bytes(cur, key, &text)
            if ok:
                trade.special_conditions = code_of(CONDITION_CODES, text.pos, text.end - text.pos)
        else:
            ok = skip_value(cur, key & 7)
    return ok


cdef bint take_quote(Cursor *cur, Quote *quote) noexcept nogil:
    """HistoricalTickBidAsk: time 1, attributes 2, price_bid 3, price_ask 4, size_bid 5, size_ask 6."""
    cdef uint64_t key = 0
    cdef bint ok = True
    quote[0] = Quote(0, NAN, NAN, NAN, NAN, 0)
    while ok and cur.pos < cur.end:
        if not take_key(cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_integer(cur, key, &quote.time)
        elif key >> 3 == 2:
            ok = take_flags(cur, key, &quote.attr_mask)
        elif key >> 3 == 3:
            ok = take_number(cur, key, &quote.bid_price)
        elif key >> 3 == 4:
            ok = take_number(cur, key, &quote.ask_price)
        elif key >> 3 == 5:
            ok = take_size(cur, key, &quote.bid_size)
        elif key >> 3 == 6:
            ok = take_size(cur, key, &quote.ask_size)
        else:
            ok = skip_value(cur, key & 7)
    return ok


cdef Outcome last_protobuf(Cursor *cur, Reading *reading, int64_t req_id, int64_t tick_type) noexcept nogil:
    cdef LastRow row
    cdef TradePrint trade
    cdef Sink *sink = subscriber(reading, req_id, LAST_ROW)
    if sink == NULL:
        return NO_READER
    if not take_trade(cur, &trade):
        return DECLINED
    row.recv_ns, row.seq, row.time = reading.recv_ns, sink.total, trade.time
    row.price, row.size = trade.price, trade.size
    row.exchange, row.special_conditions, row.attr_mask = trade.exchange, trade.special_conditions, trade.attr_mask
    row.tick_type, row.pad = <uint8_t>tick_type, 0
    return deliver(sink, reading, &row)


cdef Outcome bid_ask_protobuf(Cursor *cur, Reading *reading, int64_t req_id) noexcept nogil:
    cdef BidAskRow row
    cdef Quote quote
    cdef Sink *sink = subscriber(reading, req_id, BID_ASK_ROW)
    if sink == NULL:
        return NO_READER
    if not take_quote(cur, &quote):
        return DECLINED
    row.recv_ns, row.seq, row.time = reading.recv_ns, sink.total, quote.time
    row.bid_price, row.ask_price = quote.bid_price, quote.ask_price
    row.bid_size, row.ask_size = quote.bid_size, quote.ask_size
    row.attr_mask = quote.attr_mask
    memset(row.pad, 0, 7)
    return deliver(sink, reading, &row)


cdef Outcome mid_point_protobuf(Cursor *cur, Reading *reading, int64_t req_id) noexcept nogil:
    """HistoricalTick: time 1, price 2; its size means nothing here."""
    cdef MidPointRow row
    cdef double ignored
    cdef uint64_t key = 0
    cdef bint ok = True
    cdef Sink *sink = subscriber(reading, req_id, MID_POINT_ROW)
    if sink == NULL:
        return NO_READER
    row.recv_ns, row.seq, row.time, row.mid_point = reading.recv_ns, sink.total, 0, NAN
    while ok and cur.pos < cur.end:
        if not take_key(cur, &key):
            return DECLINED
        if key >> 3 == 1:
            ok = take_integer(cur, key, &row.time)
        elif key >> 3 == 2:
            ok = take_number(cur, key, &row.mid_point)
        elif key >> 3 == 3:
            ok = take_size(cur, key, &ignored)
        else:
            ok = skip_value(cur, key & 7)
    return deliver(sink, reading, &row) if ok else DECLINED


HOT[TICK_PRICE_ID] = tick_price_text
HOT[TICK_SIZE_ID] = tick_size_text
HOT[TICK_GENERIC_ID] = tick_generic_text
HOT[TICK_STRING_ID] = tick_string_text
HOT[TICK_BY_TICK_ID] = tick_by_tick_text
HOT[PROTOBUF + TICK_PRICE_ID] = tick_price_protobuf
HOT[PROTOBUF + TICK_SIZE_ID] = tick_size_protobuf
HOT[PROTOBUF + TICK_GENERIC_ID] = tick_generic_protobuf
HOT[PROTOBUF + TICK_STRING_ID] = tick_string_protobuf
HOT[PROTOBUF + TICK_BY_TICK_ID] = tick_by_tick_protobuf
