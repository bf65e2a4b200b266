# Bars and past ticks, by hand: one message, many rows. When all of them are good the outcome is REST, and whoever asked
# gets the message without its items; when one is not, those before it are taken back and the plan says what is wrong.
#
# text      HISTORICAL_DATA           req_id, below server 196 start end, count of: date open high low close volume wap
#                                     bar_count
#           HISTORICAL_TICKS          req_id, count of: time unused price size; done
#           HISTORICAL_TICKS_BID_ASK  req_id, count of: time mask price_bid price_ask size_bid size_ask; done
#           HISTORICAL_TICKS_LAST     req_id, count of: time mask price size exchange special_conditions; done
# protobuf  req_id 1, items 2

cdef enum:
    HISTORICAL_DATA_END_VERSION = 196
    NS_PER_SECOND = 1_000_000_000
    SECONDS_PER_DAY = 86_400
    LAST_SECOND = 9_223_372_035         # whose nanoseconds fit 64 bits

cdef int[5] TENS = [1, 10, 100, 1_000, 10_000]

ctypedef bint (*item_t)(Cursor *cur, Sink *sink) noexcept nogil


cdef inline bint bar_time(const char *at, const char *stop, int64_t *out) noexcept nogil:
    """Seconds since 1970, or a day as yyyymmdd; every other spelling is the plan's business."""
    cdef uint64_t number = 0, low
    cdef int64_t year, month, day, era, in_era
    cdef Py_ssize_t size = stop - at
    if not 1 <= size <= 12 or not short_integer(at, min(size, <Py_ssize_t>8), &number):
        return False
    if size > 8:
        if not short_integer(at + 8, size - 8, &low):
            return False
        number = number * TENS[size - 8] + low
    if size != 8:
        if number > <uint64_t>LAST_SECOND:
            return False
        out[0] = <int64_t>number * NS_PER_SECOND
        return True
    year, month, day = number // 10000, number // 100 % 100, number % 100
    if not (1 <= month <= 12 and 1 <= day <= 31 and year >= 1678):
        return False
    year -= month <= 2                                      # years begin in March: H. Hinnant, days_from_civil
    era = year // 400
    in_era = year - era * 400
    day += (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 - 1
    day += era * 146097 + in_era * 365 + in_era // 4 - in_era // 100 - 719468
    out[0] = day * SECONDS_PER_DAY * NS_PER_SECOND
    return year < 2262


# -------------------------------------------------------------------------------------------- items of text

cdef inline bint take_bar_time(Cursor *cur, int64_t *out) noexcept nogil:
    cdef const char *start = cur.pos
    cdef const char *stop
    if next_ten_digits(cur, out) and out[0] <= <int64_t>LAST_SECOND:
        out[0] *= NS_PER_SECOND
        return True
    cur.pos = start
    stop = field_end(cur)
    if stop == NULL or not bar_time(start, stop, out):
        return False
    cur.pos = stop + 1
    return True


cdef bint bar_text(Cursor *cur, Sink *sink) noexcept nogil:
    cdef BarRow bar
    cdef BarRow *row
    cdef int64_t count
    if not (take_bar_time(cur, &bar.time_ns) and take_float(cur, &bar.open) and take_float(cur, &bar.high)
            and take_float(cur, &bar.low) and take_float(cur, &bar.close) and take_decimal(cur, &bar.volume)
            and take_decimal(cur, &bar.wap) and take_id(cur, &count) and fits_int32(count)):
        return False
    bar.bar_count, bar.pad = <int32_t>count, 0
    row = <BarRow *>next_row(sink, 0)
    if row != NULL:
        row[0] = bar
    return True


cdef bint past_mid_point_text(Cursor *cur, Sink *sink) noexcept nogil:
    cdef PastMidPointRow point
    cdef PastMidPointRow *row
    if not (take_seconds(cur, &point.time) and skip_version(cur) and take_float(cur, &point.price)
            and take_decimal(cur, &point.size)):
        return False
    row = <PastMidPointRow *>next_row(sink, 0)
    if row != NULL:
        row[0] = point
    return True


cdef bint past_bid_ask_text(Cursor *cur, Sink *sink) noexcept nogil:
    """The text wire has the two marks the other way round than live quotes: bit 0 is ask past high."""
    cdef PastBidAskRow quote
    cdef PastBidAskRow *row
    cdef int64_t mask
    if not (take_seconds(cur, &quote.time) and take_small(cur, &mask) and take_float(cur, &quote.bid_price)
            and take_float(cur, &quote.ask_price) and take_decimal(cur, &quote.bid_size)
            and take_decimal(cur, &quote.ask_size)):
        return False
    quote.attr_mask = <uint8_t>((mask & 1) << 1 | (mask >> 1) & 1)
    memset(quote.pad, 0, 7)
    row = <PastBidAskRow *>next_row(sink, 0)
    if row != NULL:
        row[0] = quote
    return True


cdef bint past_last_text(Cursor *cur, Sink *sink) noexcept nogil:
    cdef PastLastRow trade
    cdef PastLastRow *row
    cdef int64_t mask
    if not (take_seconds(cur, &trade.time) and take_small(cur, &mask) and take_float(cur, &trade.price)
            and take_decimal(cur, &trade.size) and take_code(cur, EXCHANGE_CODES, &trade.exchange)
            and take_code(cur, CONDITION_CODES, &trade.special_conditions)):
        return False
    trade.attr_mask = mask & 3
    memset(trade.pad, 0, 3)
    row = <PastLastRow *>next_row(sink, 0)
    if row != NULL:
        row[0] = trade
    return True


cdef inline Outcome items_text(Cursor *cur, DecodeContext *reading, int kind, item_t item) noexcept nogil:
    """req_id, for old bars their range, a count and the items; what follows them is left for the plan."""
    cdef int64_t req_id, count
    cdef Sink *sink
    cdef Mark before
    if not take_int(cur, &req_id):
        return DECLINED
    sink = subscriber(reading, req_id, kind)
    if sink == NULL:
        return NO_READER
    if kind == BAR_ROW and reading.server_version < HISTORICAL_DATA_END_VERSION:
        if not (skip_field(cur) and skip_field(cur)):
            return DECLINED
    reading.items = cur.pos
    if not take_int(cur, &count) or count < 0:
        return DECLINED
    before = mark(sink)
    while count:
        if not item(cur, sink):
            rewind(sink, before)
            return DECLINED
        count -= 1
    reading.items_end = cur.pos
    reading.answer, reading.before = sink, before
    return PARTIAL


cdef Outcome historical_data_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return items_text(cur, reading, BAR_ROW, bar_text)


cdef Outcome historical_ticks_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return items_text(cur, reading, PAST_MID_POINT_ROW, past_mid_point_text)


cdef Outcome historical_ticks_bid_ask_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return items_text(cur, reading, PAST_BID_ASK_ROW, past_bid_ask_text)


cdef Outcome historical_ticks_last_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return items_text(cur, reading, PAST_LAST_ROW, past_last_text)


# ------------------------------------------------------------------------------------------ items of protobuf

cdef struct Bar:
    Cursor date
    double open
    double high
    double low
    double close
    double volume
    double wap
    int64_t count


cdef bint take_bar(Cursor cur, Bar *bar) noexcept nogil:
    """HistoricalDataBar: date 1, open 2, high 3, low 4, close 5, volume 6, wap 7, bar_count 8."""
    cdef uint64_t key = 0
    cdef bint ok = True
    bar.date.pos = bar.date.end = NULL
    bar.open = bar.high = bar.low = bar.close = bar.volume = bar.wap = NAN
    bar.count = 0
    while ok and cur.pos < cur.end:
        if not take_key(&cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_bytes(&cur, key, &bar.date)
        elif key >> 3 == 2:
            ok = take_number(&cur, key, &bar.open)
        elif key >> 3 == 3:
            ok = take_number(&cur, key, &bar.high)
        elif key >> 3 == 4:
            ok = take_number(&cur, key, &bar.low)
        elif key >> 3 == 5:
            ok = take_number(&cur, key, &bar.close)
        elif key >> 3 == 6:
            ok = take_size(&cur, key, &bar.volume)
        elif key >> 3 == 7:
            ok = take_size(&cur, key, &bar.wap)
        elif key >> 3 == 8:
            ok = take_integer(&cur, key, &bar.count)
        else:
            ok = skip_value(&cur, key & 7)
    return ok


cdef inline inlined next_bar(Cursor cur, Bar *bar) noexcept nogil:
    return (next_bytes(&cur, 1, &bar.date) and next_number(&cur, 2, &bar.open) and next_number(&cur, 3, &bar.high)
            and next_number(&cur, 4, &bar.low) and next_number(&cur, 5, &bar.close) and next_size(&cur, 6, &bar.volume)
            and next_size(&cur, 7, &bar.wap) and next_integer(&cur, 8, &bar.count) and cur.pos == cur.end)


cdef bint bar_protobuf(Cursor *cur, Sink *sink) noexcept nogil:
    cdef BarRow *row
    cdef Bar bar, slow
    cdef int64_t time_ns
    if not next_bar(cur[0], &bar):
        if not take_bar(cur[0], &slow):
            return False
        bar = slow
    if not bar_time(bar.date.pos, bar.date.end, &time_ns):
        return False
    row = <BarRow *>next_row(sink, 0)
    if row != NULL:
        row.time_ns, row.open, row.high, row.low, row.close = time_ns, bar.open, bar.high, bar.low, bar.close
        row.volume, row.wap, row.bar_count, row.pad = bar.volume, bar.wap, <int32_t>bar.count, 0
    return True


cdef bint past_mid_point_protobuf(Cursor *cur, Sink *sink) noexcept nogil:
    cdef PastMidPointRow *row
    cdef PricePoint point, slow
    if not next_point(cur[0], &point):
        if not take_point(cur[0], &slow):
            return False
        point = slow
    row = <PastMidPointRow *>next_row(sink, 0)
    if row != NULL:
        row.time, row.price, row.size = point.time, point.price, point.size
    return True


cdef bint past_bid_ask_protobuf(Cursor *cur, Sink *sink) noexcept nogil:
    cdef PastBidAskRow *row
    cdef Quote quote, slow
    if not next_quote(cur[0], &quote):
        if not take_quote(cur[0], &slow):
            return False
        quote = slow
    row = <PastBidAskRow *>next_row(sink, 0)
    if row != NULL:
        row.time, row.attr_mask = quote.time, quote.attr_mask
        row.bid_price, row.ask_price = quote.bid_price, quote.ask_price
        row.bid_size, row.ask_size = quote.bid_size, quote.ask_size
        memset(row.pad, 0, 7)
    return True


cdef bint past_last_protobuf(Cursor *cur, Sink *sink) noexcept nogil:
    cdef PastLastRow *row
    cdef TradePrint trade, slow
    if not next_trade(cur[0], &trade):
        if not take_trade(cur[0], &slow):
            return False
        trade = slow
    row = <PastLastRow *>next_row(sink, 0)
    if row != NULL:
        row.time, row.price, row.size = trade.time, trade.price, trade.size
        row.exchange, row.special_conditions, row.attr_mask = trade.exchange, trade.special_conditions, trade.attr_mask
        memset(row.pad, 0, 3)
    return True


cdef inline Outcome items_protobuf(Cursor *cur, DecodeContext *reading, int kind, item_t item) noexcept nogil:
    """The id, the items, and whatever else, in one pass; a message that is not like that is read again in any order."""
    cdef Cursor quick = cur[0], inside
    cdef int64_t req_id = 0
    cdef Sink *sink
    if not next_integer(&quick, 1, &req_id) or quick.pos > quick.end:
        return items_in_any_order(cur, reading, kind, item)
    sink = subscriber(reading, <int32_t>req_id, kind)
    if sink == NULL:
        return items_in_any_order(cur, reading, kind, item)
    reading.answer, reading.before = sink, mark(sink)
    reading.items = quick.pos
    while quick.pos < quick.end and quick.pos[0] == <char>(2 << 3 | BYTES):
        if not (next_bytes(&quick, 2, &inside) and item(&inside, sink)):
            rewind(sink, reading.before)
            return items_in_any_order(cur, reading, kind, item)
    reading.items_end = quick.pos
    if fields_above(quick, 2):
        return PARTIAL
    rewind(sink, reading.before)
    return items_in_any_order(cur, reading, kind, item)


cdef bint fields_above(Cursor cur, uint64_t number) noexcept nogil:
    """Whether all fields from here on can be read and have higher numbers."""
    cdef uint64_t key = 0
    while cur.pos < cur.end:
        if not (take_key(&cur, &key) and key >> 3 > number and skip_value(&cur, key & 7)):
            return False
    return True


cdef Outcome items_in_any_order(Cursor *cur, DecodeContext *reading, int kind, item_t item) noexcept nogil:
    """Two passes: the id may come after the items, and nothing may be pushed before it is known."""
    cdef Cursor again = cur[0], inside
    cdef int64_t req_id = 0
    cdef uint64_t key = 0
    cdef Sink *sink
    cdef Mark before
    reading.items = reading.items_end = cur.pos
    while cur.pos < cur.end:
        if not take_key(cur, &key):
            return DECLINED
        if key >> 3 == 1:
            if not take_integer(cur, key, &req_id):
                return DECLINED
        elif not skip_value(cur, key & 7):
            return DECLINED
    sink = subscriber(reading, <int32_t>req_id, kind)
    if sink == NULL:
        return NO_READER
    before = mark(sink)
    while again.pos < again.end:
        take_key(&again, &key)
        if key >> 3 != 2:
            skip_value(&again, key & 7)
        elif not (take_bytes(&again, key, &inside) and item(&inside, sink)):
            rewind(sink, before)
            return DECLINED
    reading.answer, reading.before = sink, before
    return PARTIAL


cdef Outcome historical_data_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return items_protobuf(cur, reading, BAR_ROW, bar_protobuf)


cdef Outcome historical_ticks_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return items_protobuf(cur, reading, PAST_MID_POINT_ROW, past_mid_point_protobuf)


cdef Outcome historical_ticks_bid_ask_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return items_protobuf(cur, reading, PAST_BID_ASK_ROW, past_bid_ask_protobuf)


cdef Outcome historical_ticks_last_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return items_protobuf(cur, reading, PAST_LAST_ROW, past_last_protobuf)


# ------------------------------------------------------------------------------------------------- what is left

cdef bytes rest_of_text(const Cursor *cur, const DecodeContext *reading):
    """The body of a message of many items, with none of them."""
    return cur.pos[:reading.items - cur.pos] + b"0\0" + reading.items_end[:cur.end - reading.items_end]


cdef bytes rest_of_protobuf(const Cursor *body, const DecodeContext *reading):
    cdef Cursor cur = body[0]
    cdef const char *start
    cdef uint64_t key = 0
    cdef bytes rest = cur.pos[:reading.items - cur.pos]
    cur.pos = reading.items_end
    while cur.pos < cur.end:
        start = cur.pos
        take_key(&cur, &key)
        skip_value(&cur, key & 7)
        if key >> 3 != 2:
            rest += start[:cur.pos - start]
    return rest


HOT[HISTORICAL_DATA_ID] = historical_data_text
HOT[HISTORICAL_TICKS_ID] = historical_ticks_text
HOT[HISTORICAL_TICKS_BID_ASK_ID] = historical_ticks_bid_ask_text
HOT[HISTORICAL_TICKS_LAST_ID] = historical_ticks_last_text
HOT[PROTOBUF + HISTORICAL_DATA_ID] = historical_data_protobuf
HOT[PROTOBUF + HISTORICAL_TICKS_ID] = historical_ticks_protobuf
HOT[PROTOBUF + HISTORICAL_TICKS_BID_ASK_ID] = historical_ticks_bid_ask_protobuf
HOT[PROTOBUF + HISTORICAL_TICKS_LAST_ID] = historical_ticks_last_protobuf
