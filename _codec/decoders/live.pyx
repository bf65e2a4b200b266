# Order books, option computations and five-second bars, by hand.
#
# text      MARKET_DEPTH             version req_id position operation side price size
#           MARKET_DEPTH_L2          version req_id position market_maker operation side price size is_smart_depth
#           TICK_OPTION_COMPUTATION  req_id tick_type tick_attrib implied_vol delta opt_price pv_dividend
#                                    gamma vega theta und_price
#           REAL_TIME_BARS           version req_id time open high low close volume wap count
# protobuf  MarketDepth, MarketDepthL2: req_id 1, MarketDepthData 2; TickOptionComputation, RealTimeBarTick by number

# ---------------------------------------------------------------------------------------------- order books

cdef inline bint small(int64_t value) noexcept nogil:
    """Whether an operation or a side fits its column; what does not travels as a message."""
    return 0 <= value <= 255


cdef inline Outcome depth_text(Cursor *cur, DecodeContext *reading, bint with_maker) noexcept nogil:
    cdef DepthRow *row
    cdef int64_t req_id, position, operation, side, smart = 0
    cdef double price, size
    cdef uint16_t market_maker = 0
    cdef Sink *sink
    if not (skip_version(cur) and take_id(cur, &req_id)):
        return DECLINED
    sink = subscriber(reading, req_id, DEPTH_ROW)
    if sink == NULL:
        return NO_READER
    if not (take_small(cur, &position) and fits_int32(position)):
        return DECLINED
    if with_maker and not take_code(cur, EXCHANGE_CODES, &market_maker):
        return DECLINED
    if not (take_small(cur, &operation) and take_small(cur, &side) and take_float(cur, &price)
            and take_decimal(cur, &size)):
        return DECLINED
    if with_maker and not take_small(cur, &smart):
        return DECLINED
    if not (small(operation) and small(side)):
        return NO_READER
    row = <DepthRow *>next_live_row(sink, reading, 0)
    if row != NULL:
        row.price, row.size, row.position, row.market_maker = price, size, <int32_t>position, market_maker
        row.operation, row.side, row.is_smart_depth = <uint8_t>operation, <uint8_t>side, smart != 0
        memset(row.pad, 0, 7)
    return DONE


cdef Outcome market_depth_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return depth_text(cur, reading, False)


cdef Outcome market_depth_l2_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    return depth_text(cur, reading, True)


cdef struct Change:
    int64_t position
    int64_t operation
    int64_t side
    int64_t smart
    double price
    double size
    uint16_t market_maker


cdef bint take_change(Cursor cur, Change *change) noexcept nogil:
    """MarketDepthData: position 1, operation 2, side 3, price 4, size 5, market_maker 6, is_smart_depth 7."""
    cdef Cursor text
    cdef uint64_t key = 0
    cdef bint ok = True
    change[0] = Change(0, 0, 0, 0, NAN, NAN, 0)
    while ok and cur.pos < cur.end:
        if not take_key(&cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_integer(&cur, key, &change.position)
        elif key >> 3 == 2:
            ok = take_integer(&cur, key, &change.operation)
        elif key >> 3 == 3:
            ok = take_integer(&cur, key, &change.side)
        elif key >> 3 == 4:
            ok = take_number(&cur, key, &change.price)
        elif key >> 3 == 5:
            ok = take_size(&cur, key, &change.size)
        elif key >> 3 == 6:
            ok = take_bytes(&cur, key, &text)
            if ok:
                change.market_maker = code_of(EXCHANGE_CODES, text.pos, text.end - text.pos)
        elif key >> 3 == 7:
            ok = take_integer(&cur, key, &change.smart)
        else:
            ok = skip_value(&cur, key & 7)
    return ok


cdef inline inlined next_change(Cursor cur, Change *change) noexcept nogil:
    return (next_integer(&cur, 1, &change.position) and next_integer(&cur, 2, &change.operation)
            and next_integer(&cur, 3, &change.side) and next_number(&cur, 4, &change.price)
            and next_size(&cur, 5, &change.size) and next_code(&cur, 6, EXCHANGE_CODES, &change.market_maker)
            and next_integer(&cur, 7, &change.smart) and cur.pos == cur.end)


cdef bint take_id_and_data(Cursor cur, int64_t *req_id, Cursor *data) noexcept nogil:
    """req_id 1, data 2; the start of data is NULL when there are none, and data given twice are the plan's."""
    cdef uint64_t key = 0
    cdef bint ok = True
    req_id[0] = 0
    data.start = NULL
    while ok and cur.pos < cur.end:
        if not take_key(&cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_integer(&cur, key, req_id)
        elif key >> 3 == 2:
            ok = data.start == NULL and take_bytes(&cur, key, data)
        else:
            ok = skip_value(&cur, key & 7)
    return ok


cdef inline inlined next_id_and_data(Cursor cur, int64_t *req_id, Cursor *data) noexcept nogil:
    return (next_integer(&cur, 1, req_id) and cur.pos[0] == <char>(2 << 3 | BYTES) and next_bytes(&cur, 2, data)
            and cur.pos == cur.end)


cdef Outcome depth_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    cdef DepthRow *row
    cdef Change change, slow
    cdef Cursor data, other
    cdef int64_t req_id, other_id
    cdef Sink *sink
    if not next_id_and_data(cur[0], &req_id, &data):
        if not take_id_and_data(cur[0], &other_id, &other) or other.start == NULL:
            return DECLINED
        req_id, data = other_id, other
    sink = subscriber(reading, <int32_t>req_id, DEPTH_ROW)
    if sink == NULL:
        return NO_READER
    if not next_change(data, &change):
        if not take_change(data, &slow):
            return DECLINED
        change = slow
    if not (small(change.operation) and small(change.side)):
        return NO_READER
    row = <DepthRow *>next_live_row(sink, reading, 0)
    if row != NULL:
        row.price, row.size, row.position = change.price, change.size, <int32_t>change.position
        row.market_maker, row.is_smart_depth = change.market_maker, change.smart != 0
        row.operation, row.side = <uint8_t>change.operation, <uint8_t>change.side
        memset(row.pad, 0, 7)
    return DONE


# ---------------------------------------------------------------------------------------- option computations

cdef inline void mark_not_computed(OptionRow *row) noexcept nogil:
    """-1 and -2 stand for numbers that TWS has not computed: NaN in a record."""
    if row.implied_vol < 0:
        row.implied_vol = NAN
    if row.opt_price == -1:
        row.opt_price = NAN
    if row.pv_dividend == -1:
        row.pv_dividend = NAN
    if row.und_price == -1:
        row.und_price = NAN
    if row.delta == -2:
        row.delta = NAN
    if row.gamma == -2:
        row.gamma = NAN
    if row.vega == -2:
        row.vega = NAN
    if row.theta == -2:
        row.theta = NAN


cdef inline bint take_computed(Cursor *cur, double *out) noexcept nogil:
    """A number that may be missing: an empty field is NaN here, not 0."""
    if cur.pos < cur.end and cur.pos[0] == 0:
        cur.pos += 1
        out[0] = NAN
        return True
    return take_float(cur, out)


cdef Outcome option_computation_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    cdef OptionRow row
    cdef int64_t req_id
    cdef Sink *sink
    if not (take_id(cur, &req_id) and take_int32(cur, &row.tick_type)):
        return DECLINED
    sink = subscriber(reading, req_id, OPTION_ROW)
    if sink == NULL:
        return NO_READER
    if not (take_int32(cur, &row.tick_attrib) and take_computed(cur, &row.implied_vol)
            and take_computed(cur, &row.delta) and take_computed(cur, &row.opt_price)
            and take_computed(cur, &row.pv_dividend) and take_computed(cur, &row.gamma)
            and take_computed(cur, &row.vega) and take_computed(cur, &row.theta)
            and take_computed(cur, &row.und_price)):
        return DECLINED
    row.recv_ns, row.seq = reading.recv_ns, sink.total
    mark_not_computed(&row)
    return deliver(sink, reading, &row)


cdef Outcome option_computation_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    """req_id 1, tick_type 2, tick_attrib 3, then eight doubles from implied_vol 4 to und_price 11."""
    cdef OptionRow row
    cdef double numbers[8]
    cdef int64_t req_id = 0, tick_type = 0, tick_attrib = 0
    cdef uint64_t key = 0
    cdef bint ok = True
    cdef int i
    cdef Sink *sink
    for i in range(8):
        numbers[i] = NAN
    while ok and cur.pos < cur.end:
        if not take_key(cur, &key):
            return DECLINED
        if key >> 3 == 1:
            ok = take_integer(cur, key, &req_id)
        elif key >> 3 == 2:
            ok = take_integer(cur, key, &tick_type)
        elif key >> 3 == 3:
            ok = take_integer(cur, key, &tick_attrib)
        elif 4 <= key >> 3 <= 11:
            ok = take_number(cur, key, &numbers[(key >> 3) - 4])
        else:
            ok = skip_value(cur, key & 7)
    if not ok:
        return DECLINED
    sink = subscriber(reading, <int32_t>req_id, OPTION_ROW)
    if sink == NULL:
        return NO_READER
    row.recv_ns, row.seq = reading.recv_ns, sink.total
    row.tick_type, row.tick_attrib = <int32_t>tick_type, <int32_t>tick_attrib
    row.implied_vol, row.delta, row.opt_price, row.pv_dividend = numbers[0], numbers[1], numbers[2], numbers[3]
    row.gamma, row.vega, row.theta, row.und_price = numbers[4], numbers[5], numbers[6], numbers[7]
    mark_not_computed(&row)
    return deliver(sink, reading, &row)


# ------------------------------------------------------------------------------------------ five-second bars

cdef Outcome real_time_bar_text(Cursor *cur, DecodeContext *reading) noexcept nogil:
    cdef RealTimeBarRow row
    cdef int64_t req_id, count
    cdef Sink *sink
    if not (skip_version(cur) and take_id(cur, &req_id)):
        return DECLINED
    sink = subscriber(reading, req_id, REAL_TIME_BAR_ROW)
    if sink == NULL:
        return NO_READER
    if not (take_seconds(cur, &row.time) and take_float(cur, &row.open) and take_float(cur, &row.high)
            and take_float(cur, &row.low) and take_float(cur, &row.close) and take_decimal(cur, &row.volume)
            and take_decimal(cur, &row.wap) and take_id(cur, &count) and fits_int32(count)):
        return DECLINED
    row.recv_ns, row.seq, row.count, row.pad = reading.recv_ns, sink.total, <int32_t>count, 0
    return deliver(sink, reading, &row)


cdef struct LiveBar:
    int64_t req_id
    int64_t time
    int64_t count
    double open
    double high
    double low
    double close
    double volume
    double wap


cdef bint take_live_bar(Cursor cur, LiveBar *bar) noexcept nogil:
    """req_id 1, time 2, open 3, high 4, low 5, close 6, volume 7, wap 8, count 9."""
    cdef uint64_t key = 0
    cdef bint ok = True
    bar[0] = LiveBar(0, 0, 0, NAN, NAN, NAN, NAN, NAN, NAN)
    while ok and cur.pos < cur.end:
        if not take_key(&cur, &key):
            return False
        if key >> 3 == 1:
            ok = take_integer(&cur, key, &bar.req_id)
        elif key >> 3 == 2:
            ok = take_integer(&cur, key, &bar.time)
        elif key >> 3 == 3:
            ok = take_number(&cur, key, &bar.open)
        elif key >> 3 == 4:
            ok = take_number(&cur, key, &bar.high)
        elif key >> 3 == 5:
            ok = take_number(&cur, key, &bar.low)
        elif key >> 3 == 6:
            ok = take_number(&cur, key, &bar.close)
        elif key >> 3 == 7:
            ok = take_size(&cur, key, &bar.volume)
        elif key >> 3 == 8:
            ok = take_size(&cur, key, &bar.wap)
        elif key >> 3 == 9:
            ok = take_integer(&cur, key, &bar.count)
        else:
            ok = skip_value(&cur, key & 7)
    return ok


cdef inline inlined next_live_bar(Cursor cur, LiveBar *bar) noexcept nogil:
    return (next_integer(&cur, 1, &bar.req_id) and next_integer(&cur, 2, &bar.time)
            and next_number(&cur, 3, &bar.open) and next_number(&cur, 4, &bar.high)
            and next_number(&cur, 5, &bar.low) and next_number(&cur, 6, &bar.close)
            and next_size(&cur, 7, &bar.volume) and next_size(&cur, 8, &bar.wap)
            and next_integer(&cur, 9, &bar.count) and cur.pos == cur.end)


cdef Outcome real_time_bar_protobuf(Cursor *cur, DecodeContext *reading) noexcept nogil:
    cdef RealTimeBarRow *row
    cdef LiveBar bar, slow
    cdef Sink *sink
    if not next_live_bar(cur[0], &bar):
        if not take_live_bar(cur[0], &slow):
            return DECLINED
        bar = slow
    sink = subscriber(reading, <int32_t>bar.req_id, REAL_TIME_BAR_ROW)
    if sink == NULL:
        return NO_READER
    row = <RealTimeBarRow *>next_live_row(sink, reading, 0)
    if row != NULL:
        row.time, row.count, row.pad = bar.time, <int32_t>bar.count, 0
        row.open, row.high, row.low, row.close = bar.open, bar.high, bar.low, bar.close
        row.volume, row.wap = bar.volume, bar.wap
    return DONE


HOT[MARKET_DEPTH_ID] = market_depth_text
HOT[MARKET_DEPTH_L2_ID] = market_depth_l2_text
HOT[TICK_OPTION_COMPUTATION_ID] = option_computation_text
HOT[REAL_TIME_BARS_ID] = real_time_bar_text
HOT[PROTOBUF + MARKET_DEPTH_ID] = depth_protobuf
HOT[PROTOBUF + MARKET_DEPTH_L2_ID] = depth_protobuf
HOT[PROTOBUF + TICK_OPTION_COMPUTATION_ID] = option_computation_protobuf
HOT[PROTOBUF + REAL_TIME_BARS_ID] = real_time_bar_protobuf
