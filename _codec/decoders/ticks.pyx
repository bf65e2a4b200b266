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

cdef inline bint take_tick_head(Cursor *cur, int64_t *req_id, int64_t *tick_type) noexcept nogil:
    """version, req_id, tick_type"""
    return (skip_version(cur) and take_id(cur, req_id) and take_small(cur, tick_type)
            and fits_int32(tick_type[0]))


cdef inline void start_tick(TickRow *row, DecodeContext *reading, int64_t tick_type) noexcept nogil:
    """All columns but the number of the row; most are not there."""
    row.recv_ns = reading.recv_ns
    row.price = row.size = row.value = NAN
    row.text = 0
    row.tick_type = <int32_t>tick_type
    row.attr_mask = 0


cdef inline Outcome deliver_tick(Sink *sink, DecodeContext *reading, int64_t tick_type, double price, double size,
                                 double value, int64_t attr_mask) noexcept nogil:
    cdef TickRow *row = <TickRow *>next_live_row(sink, reading, tick_type)
    if row != NULL:
        row.price, row.size, row.value, row.text = price, size, value, 0
        row.tick_type, row.attr_mask = <int32_t>tick_type, <int32_t>attr_mask
    return DONE


cdef Outcome tick_price_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    cdef int64_t req_id, tick_type, attr_mask
    cdef double price, size
    cdef Sink *sink
    if not take_tick_head(cur, &req_id, &tick_type):
        return DECLINED
    sink = subscriber(reading, req_id, TICK_ROW)
    if sink == NULL:
        return NO_READER
    if not (take_float(cur, &price) and take_decimal(cur, &size) and take_small(cur, &attr_mask)
            and fits_int32(attr_mask)):
        return DECLINED
    return deliver_tick(sink, reading, tick_type, price, size, NAN, attr_mask)


cdef Outcome tick_size_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    cdef int64_t req_id, tick_type
    cdef double size
    cdef Sink *sink
    if not take_tick_head(cur, &req_id, &tick_type):
        return DECLINED
    sink = subscriber(reading, req_id, TICK_ROW)
    if sink == NULL:
        return NO_READER
    if not take_decimal(cur, &size):
        return DECLINED
    return deliver_tick(sink, reading, tick_type, NAN, size, NAN, 0)


cdef Outcome tick_generic_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    cdef int64_t req_id, tick_type
    cdef double value
    cdef Sink *sink
    if not take_tick_head(cur, &req_id, &tick_type):
        return DECLINED
    sink = subscriber(reading, req_id, TICK_ROW)
    if sink == NULL:
        return NO_READER
    if not take_float(cur, &value):
        return DECLINED
    return deliver_tick(sink, reading, tick_type, NAN, NAN, value, 0)


cdef Outcome tick_string_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    cdef TickRow row
    cdef int64_t req_id, tick_type
    cdef Sink *sink
    cdef const char *text
    cdef const char *stop
    if not take_tick_head(cur, &req_id, &tick_type):
        return DECLINED
    sink = subscriber(reading, req_id, TICK_ROW)
    if sink == NULL:
        return NO_READER
    stop = field_end(cur)
    if stop == NULL:
        return DECLINED
    text = cur.pos
    cur.pos = stop + 1
    start_tick(&row, reading, tick_type)
    return deliver_string(sink, reading, &row, text, stop)


cdef Outcome deliver_string(
        Sink *sink, DecodeContext *reading, TickRow *row, const char *at, const char *stop) noexcept nogil:
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

cdef Outcome tick_by_tick_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    cdef int64_t req_id, tick_type, time
    if not (take_id(cur, &req_id) and take_small(cur, &tick_type) and take_seconds(cur, &time)):
        return DECLINED
    if tick_type == 1 or tick_type == 2:
        return last_text(cur, reading, req_id, tick_type, time)
    if tick_type == 3:
        return bid_ask_text(cur, reading, req_id, time)
    if tick_type == 4:
        return mid_point_text(cur, reading, req_id, time)
    return NO_READER


cdef inline Outcome last_text(
        Cursor *cur, DecodeContext *reading, int64_t req_id, int64_t tick_type, int64_t time) noexcept nogil:
    cdef LastRow *row
    cdef int64_t attr_mask
    cdef double price, size
    cdef uint16_t exchange, conditions
    cdef Sink *sink = subscriber(reading, req_id, LAST_ROW)
    if sink == NULL:
        return NO_READER
    if not (take_float(cur, &price) and take_decimal(cur, &size) and take_small(cur, &attr_mask)
            and take_code(cur, EXCHANGE_CODES, &exchange) and take_code(cur, CONDITION_CODES, &conditions)):
        return DECLINED
    row = <LastRow *>next_live_row(sink, reading, 0)
    if row != NULL:
        row.time, row.price, row.size = time, price, size
        row.exchange, row.special_conditions = exchange, conditions
        row.attr_mask, row.tick_type, row.pad = attr_mask & 3, <uint8_t>tick_type, 0
    return DONE


cdef inline Outcome bid_ask_text(Cursor *cur, DecodeContext *reading, int64_t req_id, int64_t time) noexcept nogil:
    cdef BidAskRow *row
    cdef int64_t attr_mask
    cdef double bid_price, ask_price, bid_size, ask_size
    cdef Sink *sink = subscriber(reading, req_id, BID_ASK_ROW)
    if sink == NULL:
        return NO_READER
    if not (take_float(cur, &bid_price) and take_float(cur, &ask_price) and take_decimal(cur, &bid_size)
            and take_decimal(cur, &ask_size) and take_small(cur, &attr_mask)):
        return DECLINED
    row = <BidAskRow *>next_live_row(sink, reading, 0)
    if row != NULL:
        row.time, row.bid_price, row.ask_price, row.bid_size, row.ask_size = (
            time, bid_price, ask_price, bid_size, ask_size)
        memset(row.pad, 0, 7)
        row.attr_mask = attr_mask & 3
    return DONE


cdef inline Outcome mid_point_text(Cursor *cur, DecodeContext *reading, int64_t req_id, int64_t time) noexcept nogil:
    cdef MidPointRow *row
    cdef double mid_point
    cdef Sink *sink = subscriber(reading, req_id, MID_POINT_ROW)
    if sink == NULL:
        return NO_READER
    if not take_float(cur, &mid_point):
        return DECLINED
    row = <MidPointRow *>next_live_row(sink, reading, 0)
    if row != NULL:
        row.time, row.mid_point = time, mid_point
    return DONE


# --------------------------------------------------------------------------------------- protobuf

cdef struct Tick:
    int64_t req_id
    int64_t tick_type
    int64_t attr_mask
    double price
    double size
    double value
    Cursor text


cdef bint take_tick(Cursor cur, Tick *tick, int what) noexcept nogil:
    """TickPrice, TickSize, TickGeneric and TickString share fields 1 and 2; ``what`` is the text id of the message."""
    cdef uint64_t key = 0
    cdef bint ok = True
    tick.req_id = tick.tick_type = tick.attr_mask = 0
    tick.price = tick.size = tick.value = NAN
    tick.text.pos = tick.text.end = NULL
    while ok and cur.pos < cur.end:
        if not take_key(&cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_integer(&cur, key, &tick.req_id)
        elif key >> 3 == 2:
            ok = take_integer(&cur, key, &tick.tick_type)
        elif key >> 3 == 3 and what == TICK_PRICE_ID:
            ok = take_number(&cur, key, &tick.price)
        elif key >> 3 == 3 and what == TICK_SIZE_ID:
            ok = take_size(&cur, key, &tick.size)
        elif key >> 3 == 3 and what == TICK_GENERIC_ID:
            ok = take_number(&cur, key, &tick.value)
        elif key >> 3 == 3:
            ok = take_bytes(&cur, key, &tick.text)
        elif key >> 3 == 4 and what == TICK_PRICE_ID:
            ok = take_size(&cur, key, &tick.size)
        elif key >> 3 == 5 and what == TICK_PRICE_ID:
            ok = take_integer(&cur, key, &tick.attr_mask)
        else:
            ok = skip_value(&cur, key & 7)
    return ok


cdef inline inlined next_tick(Cursor cur, Tick *tick, int what) noexcept nogil:
    cdef bint ok
    tick.price = tick.size = tick.value = NAN
    tick.attr_mask = 0
    tick.text.pos = tick.text.end = NULL
    if not (next_integer(&cur, 1, &tick.req_id) and next_integer(&cur, 2, &tick.tick_type)):
        return False
    if what == TICK_PRICE_ID:
        ok = (next_number(&cur, 3, &tick.price) and next_size(&cur, 4, &tick.size)
              and next_integer(&cur, 5, &tick.attr_mask))
    elif what == TICK_SIZE_ID:
        ok = next_size(&cur, 3, &tick.size)
    elif what == TICK_GENERIC_ID:
        ok = next_number(&cur, 3, &tick.value)
    else:
        ok = next_bytes(&cur, 3, &tick.text)
    return ok and cur.pos == cur.end


cdef inline inlined_outcome tick_protobuf(Cursor *cur, DecodeContext *reading, int what) noexcept nogil:
    cdef Tick tick, slow
    cdef TickRow *row
    cdef TickRow string
    cdef Sink *sink
    if not next_tick(cur[0], &tick, what):
        if not take_tick(cur[0], &slow, what):
            return DECLINED
        tick = slow
    sink = subscriber(reading, <int32_t>tick.req_id, TICK_ROW)
    if sink == NULL:
        return NO_READER
    if what == TICK_STRING_ID:
        start_tick(&string, reading, <int32_t>tick.tick_type)
        return deliver_string(sink, reading, &string, tick.text.pos, tick.text.end)
    row = <TickRow *>next_live_row(sink, reading, <int32_t>tick.tick_type)
    if row != NULL:
        row.price, row.size, row.value, row.text = tick.price, tick.size, tick.value, 0
        row.tick_type, row.attr_mask = <int32_t>tick.tick_type, <int32_t>tick.attr_mask
    return DONE


cdef Outcome tick_price_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return tick_protobuf(cur, reading, TICK_PRICE_ID)


cdef Outcome tick_size_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return tick_protobuf(cur, reading, TICK_SIZE_ID)


cdef Outcome tick_generic_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return tick_protobuf(cur, reading, TICK_GENERIC_ID)


cdef Outcome tick_string_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return tick_protobuf(cur, reading, TICK_STRING_ID)


cdef struct ByTick:
    int64_t req_id
    int64_t tick_type
    Cursor data             # the tick of this type; its start is NULL if it is not there


cdef bint take_by_tick(Cursor cur, ByTick *tick) noexcept nogil:
    """TickByTickData: req_id 1, tick_type 2, then one of last 3, bid_ask 4, mid_point 5; two of them are the plan's."""
    cdef uint64_t key = 0, data_field = 0
    cdef bint ok = True
    cdef int32_t tick_type
    tick.req_id = tick.tick_type = 0
    tick.data.start = NULL
    while ok and cur.pos < cur.end:
        if not take_key(&cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_integer(&cur, key, &tick.req_id)
        elif key >> 3 == 2:
            ok = take_integer(&cur, key, &tick.tick_type)
        elif 3 <= key >> 3 <= 5:
            ok = data_field == 0 and take_bytes(&cur, key, &tick.data)
            data_field = key >> 3
        else:
            ok = skip_value(&cur, key & 7)
    tick_type = <int32_t>tick.tick_type
    if data_field != (5 if tick_type == 4 else 4 if tick_type == 3 else 3):
        tick.data.start = NULL
    return ok


cdef inline inlined next_by_tick(Cursor cur, ByTick *tick) noexcept nogil:
    cdef int number
    if not (next_integer(&cur, 1, &tick.req_id) and next_integer(&cur, 2, &tick.tick_type)):
        return False
    number = 5 if tick.tick_type == 4 else 4 if tick.tick_type == 3 else 3
    return (cur.pos[0] == <char>(number << 3 | BYTES) and next_bytes(&cur, number, &tick.data)
            and cur.pos == cur.end)


cdef Outcome tick_by_tick_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    cdef ByTick tick, slow
    if not next_by_tick(cur[0], &tick):
        if not take_by_tick(cur[0], &slow):
            return DECLINED
        tick = slow
    tick.req_id, tick.tick_type = <int32_t>tick.req_id, <int32_t>tick.tick_type
    if tick.data.start == NULL:
        return NO_READER
    if tick.tick_type == 1 or tick.tick_type == 2:
        return last_protobuf(tick.data, reading, tick.req_id, tick.tick_type)
    if tick.tick_type == 3:
        return bid_ask_protobuf(tick.data, reading, tick.req_id)
    if tick.tick_type == 4:
        return mid_point_protobuf(tick.data, reading, tick.req_id)
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


cdef bint take_trade(Cursor cur, TradePrint *trade) noexcept nogil:
    """HistoricalTickLast: time 1, attributes 2, price 3, size 4, exchange 5, special_conditions 6."""
    cdef Cursor text
    cdef uint64_t key = 0
    cdef bint ok = True
    trade[0] = TradePrint(0, NAN, NAN, 0, 0, 0)
    while ok and cur.pos < cur.end:
        if not take_key(&cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_integer(&cur, key, &trade.time)
        elif key >> 3 == 2:
            ok = take_flags(&cur, key, &trade.attr_mask)
        elif key >> 3 == 3:
            ok = take_number(&cur, key, &trade.price)
        elif key >> 3 == 4:
            ok = take_size(&cur, key, &trade.size)
        elif key >> 3 == 5:
            ok = take_bytes(&cur, key, &text)
            if ok:
                trade.exchange = code_of(EXCHANGE_CODES, text.pos, text.end - text.pos)
        elif key >> 3 == 6:
            ok = take_bytes(&cur, key, &text)
            if ok:
                trade.special_conditions = code_of(CONDITION_CODES, text.pos, text.end - text.pos)
        else:
            ok = skip_value(&cur, key & 7)
    return ok


cdef inline inlined next_trade(Cursor cur, TradePrint *trade) noexcept nogil:
    return (next_integer(&cur, 1, &trade.time) and next_flags(&cur, 2, &trade.attr_mask)
            and next_number(&cur, 3, &trade.price) and next_size(&cur, 4, &trade.size)
            and next_code(&cur, 5, EXCHANGE_CODES, &trade.exchange)
            and next_code(&cur, 6, CONDITION_CODES, &trade.special_conditions) and cur.pos == cur.end)


cdef bint take_quote(Cursor cur, Quote *quote) noexcept nogil:
    """HistoricalTickBidAsk: time 1, attributes 2, price_bid 3, price_ask 4, size_bid 5, size_ask 6."""
    cdef uint64_t key = 0
    cdef bint ok = True
    quote[0] = Quote(0, NAN, NAN, NAN, NAN, 0)
    while ok and cur.pos < cur.end:
        if not take_key(&cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_integer(&cur, key, &quote.time)
        elif key >> 3 == 2:
            ok = take_flags(&cur, key, &quote.attr_mask)
        elif key >> 3 == 3:
            ok = take_number(&cur, key, &quote.bid_price)
        elif key >> 3 == 4:
            ok = take_number(&cur, key, &quote.ask_price)
        elif key >> 3 == 5:
            ok = take_size(&cur, key, &quote.bid_size)
        elif key >> 3 == 6:
            ok = take_size(&cur, key, &quote.ask_size)
        else:
            ok = skip_value(&cur, key & 7)
    return ok


cdef inline inlined next_quote(Cursor cur, Quote *quote) noexcept nogil:
    return (next_integer(&cur, 1, &quote.time) and next_flags(&cur, 2, &quote.attr_mask)
            and next_number(&cur, 3, &quote.bid_price) and next_number(&cur, 4, &quote.ask_price)
            and next_size(&cur, 5, &quote.bid_size) and next_size(&cur, 6, &quote.ask_size) and cur.pos == cur.end)


cdef inline Outcome last_protobuf(
    Cursor data, DecodeContext *reading, int64_t req_id, int64_t tick_type
) noexcept nogil:
    cdef LastRow *row
    cdef TradePrint trade, slow
    cdef Sink *sink = subscriber(reading, req_id, LAST_ROW)
    if sink == NULL:
        return NO_READER
    if not next_trade(data, &trade):
        if not take_trade(data, &slow):
            return DECLINED
        trade = slow
    row = <LastRow *>next_live_row(sink, reading, tick_type)
    if row != NULL:
        row.time, row.price, row.size = trade.time, trade.price, trade.size
        row.exchange, row.special_conditions, row.attr_mask = trade.exchange, trade.special_conditions, trade.attr_mask
        row.tick_type, row.pad = <uint8_t>tick_type, 0
    return DONE


cdef inline Outcome bid_ask_protobuf(Cursor data, DecodeContext *reading, int64_t req_id) noexcept nogil:
    cdef BidAskRow *row
    cdef Quote quote, slow
    cdef Sink *sink = subscriber(reading, req_id, BID_ASK_ROW)
    if sink == NULL:
        return NO_READER
    if not next_quote(data, &quote):
        if not take_quote(data, &slow):
            return DECLINED
        quote = slow
    row = <BidAskRow *>next_live_row(sink, reading, 0)
    if row != NULL:
        row.time, row.attr_mask = quote.time, quote.attr_mask
        row.bid_price, row.ask_price = quote.bid_price, quote.ask_price
        row.bid_size, row.ask_size = quote.bid_size, quote.ask_size
        memset(row.pad, 0, 7)
    return DONE


cdef struct PricePoint:
    int64_t time
    double price
    double size


cdef bint take_point(Cursor cur, PricePoint *point) noexcept nogil:
    """HistoricalTick: time 1, price 2, size 3."""
    cdef uint64_t key = 0
    cdef bint ok = True
    point[0] = PricePoint(0, NAN, NAN)
    while ok and cur.pos < cur.end:
        if not take_key(&cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_integer(&cur, key, &point.time)
        elif key >> 3 == 2:
            ok = take_number(&cur, key, &point.price)
        elif key >> 3 == 3:
            ok = take_size(&cur, key, &point.size)
        else:
            ok = skip_value(&cur, key & 7)
    return ok


cdef inline inlined next_point(Cursor cur, PricePoint *point) noexcept nogil:
    return (next_integer(&cur, 1, &point.time) and next_number(&cur, 2, &point.price)
            and next_size(&cur, 3, &point.size) and cur.pos == cur.end)


cdef inline Outcome mid_point_protobuf(Cursor data, DecodeContext *reading, int64_t req_id) noexcept nogil:
    """The size of a live mid-point means nothing."""
    cdef MidPointRow *row
    cdef PricePoint point, slow
    cdef Sink *sink = subscriber(reading, req_id, MID_POINT_ROW)
    if sink == NULL:
        return NO_READER
    if not next_point(data, &point):
        if not take_point(data, &slow):
            return DECLINED
        point = slow
    row = <MidPointRow *>next_live_row(sink, reading, 0)
    if row != NULL:
        row.time, row.mid_point = point.time, point.price
    return DONE


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
