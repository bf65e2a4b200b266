# The hot messages, by hand, from the wire into rows. A decoder says DONE, NO_READER (nobody subscribed under this
# id, or not to this kind) or DECLINED; in the last two cases the plan takes the same payload, makes a message of it or
# says what is wrong with it. No Python object in this file's decoders.
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

cdef enum Outcome:
    DECLINED = 0
    DONE = 1
    NO_READER = 2

cdef enum:
    HOT_IDS = 512           # ids below this may be hot; protobuf ids are those of text plus 200


cdef struct Reading:
    # What a decoder needs besides the bytes.
    RouteTable *routes
    int64_t recv_ns
    Sink *touched           # streams with new rows since the last wake-up, linked

ctypedef Outcome (*decoder_t)(Cursor *cur, Reading *reading) noexcept nogil

cdef decoder_t[HOT_IDS] HOT


cdef inline Sink *subscriber(Reading *reading, int64_t req_id, int kind) noexcept nogil:
    cdef Sink *sink = place_of(reading.routes, req_id).sink
    return sink if sink != NULL and sink.kind == kind else NULL


cdef inline Outcome deliver(Sink *sink, Reading *reading, const void *row) noexcept nogil:
    if not sink.touched:
        sink.next_touched = reading.touched
        reading.touched = sink
    push(sink, row)
    return DONE


# ------------------------------------------------------------------------------------------- fields of text

cdef inline bint take_float(Cursor *cur, double *out) noexcept nogil:
    """A number field; an empty one is 0, the largest double is unset and so NaN."""
    cdef const char *stop = field_end(cur)
    if stop == NULL:
        return False
    if stop == cur.pos:
        out[0] = 0.0
    elif not float_from(cur.pos, stop, out):
        return False
    elif out[0] == UNSET_FLOAT:
        out[0] = NAN
    cur.pos = stop + 1
    return True


cdef inline bint take_decimal(Cursor *cur, double *out) noexcept nogil:
    """A decimal field as a double; empty and the spellings of unset are NaN."""
    cdef const char *stop = field_end(cur)
    if stop == NULL or not decimal_from(cur.pos, stop, out):
        return False
    cur.pos = stop + 1
    return True


cdef inline bint float_from(const char *at, const char *stop, double *out) noexcept nogil:
    cdef Number outcome = parse_float(at, stop, out)
    return outcome == EXACT or (outcome == NEEDS_CARE and careful_number(at, stop, out))


cdef inline bint decimal_from(const char *at, const char *stop, double *out) noexcept nogil:
    if stop == at:
        out[0] = NAN
        return True
    if at[0] == c'I' or (at[0] == c'-' and stop - at > 1 and at[1] == c'I'):
        return False
    if not float_from(at, stop, out):
        return False
    if stop - at >= 10 and unset_decimal(at, stop):
        out[0] = NAN
    return True


cdef bint careful_number(const char *at, const char *stop, double *out) noexcept with gil:
    try:
        return careful_float(at, stop, out)
    except ValueError:
        return False


cdef bint unset_decimal(const char *at, const char *stop) noexcept with gil:
    return text_of(at, stop - at) in UNSET_DECIMALS


cdef inline uint16_t take_code(Cursor *cur, CodeTable *table, bint *ok) noexcept nogil:
    cdef const char *stop = field_end(cur)
    cdef uint16_t code
    if stop == NULL:
        ok[0] = False
        return 0
    code = code_of(table, cur.pos, stop - cur.pos)
    cur.pos = stop + 1
    return code


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

cdef inline bint take_integer(Cursor *cur, uint64_t key, int64_t *out) noexcept nogil:
    cdef uint64_t value
    if key & 7 != VARINT or not take_varint(cur, &value):
        return False
    out[0] = <int64_t>value
    return True


cdef inline bint take_number(Cursor *cur, uint64_t key, double *out) noexcept nogil:
    if key & 7 != FIXED64 or not take_double(cur, out):
        return False
    if out[0] == UNSET_FLOAT:
        out[0] = NAN
    return True


cdef inline bint take_size(Cursor *cur, uint64_t key, double *out) noexcept nogil:
    cdef Cursor text
    return key & 7 == BYTES and take_span(cur, &text) and decimal_from(text.pos, text.end, out)


cdef inline bint take_bytes(Cursor *cur, uint64_t key, Cursor *inside) noexcept nogil:
    return key & 7 == BYTES and take_span(cur, inside)


cdef inline bint take_key(Cursor *cur, uint64_t *key) noexcept nogil:
    return take_varint(cur, key) and key[0] >> 3 != 0


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


cdef inline bint take_flags(Cursor *cur, uint64_t key, uint8_t *mask) noexcept nogil:
    """A nested message of two booleans, as bits."""
    cdef Cursor inside
    cdef int64_t flag
    if not take_bytes(cur, key, &inside):
        return False
    while inside.pos < inside.end:
        if not take_key(&inside, &key):
            return False
        if key >> 3 > 2:
            if not skip_value(&inside, key & 7):
                return False
        elif not take_integer(&inside, key, &flag):
            return False
        elif flag:
            mask[0] |= <uint8_t>(key >> 3)
        else:
            mask[0] &= ~<uint8_t>(key >> 3)
    return True


cdef Outcome last_protobuf(Cursor *cur, Reading *reading, int64_t req_id, int64_t tick_type) noexcept nogil:
    """HistoricalTickLast: time 1, attributes 2, price 3, size 4, exchange 5, special_conditions 6."""
    cdef LastRow row
    cdef Cursor text
    cdef uint64_t key = 0
    cdef bint ok = True
    cdef Sink *sink = subscriber(reading, req_id, LAST_ROW)
    if sink == NULL:
        return NO_READER
    row.recv_ns, row.seq, row.time = reading.recv_ns, sink.total, 0
    row.price = row.size = NAN
    row.exchange, row.special_conditions, row.pad = 0, 0, 0
    row.attr_mask, row.tick_type = 0, <uint8_t>tick_type
    while ok and cur.pos < cur.end:
        if not take_key(cur, &key):
            return DECLINED
        if key >> 3 == 1:
            ok = take_integer(cur, key, &row.time)
        elif key >> 3 == 2:
            ok = take_flags(cur, key, &row.attr_mask)
        elif key >> 3 == 3:
            ok = take_number(cur, key, &row.price)
        elif key >> 3 == 4:
            ok = take_size(cur, key, &row.size)
        elif key >> 3 == 5:
            ok = take_bytes(cur, key, &text)
            if ok:
                row.exchange = code_of(EXCHANGE_CODES, text.pos, text.end - text.pos)
        elif key >> 3 == 6:
            ok = take_bytes(cur, key, &text)
            if ok:
                row.special_conditions = code_of(CONDITION_CODES, text.pos, text.end - text.pos)
        else:
            ok = skip_value(cur, key & 7)
    return deliver(sink, reading, &row) if ok else DECLINED


cdef Outcome bid_ask_protobuf(Cursor *cur, Reading *reading, int64_t req_id) noexcept nogil:
    """HistoricalTickBidAsk: time 1, attributes 2, price_bid 3, price_ask 4, size_bid 5, size_ask 6."""
    cdef BidAskRow row
    cdef uint64_t key = 0
    cdef bint ok = True
    cdef Sink *sink = subscriber(reading, req_id, BID_ASK_ROW)
    if sink == NULL:
        return NO_READER
    row.recv_ns, row.seq, row.time, row.attr_mask = reading.recv_ns, sink.total, 0, 0
    row.bid_price = row.ask_price = row.bid_size = row.ask_size = NAN
    memset(row.pad, 0, 7)
    while ok and cur.pos < cur.end:
        if not take_key(cur, &key):
            return DECLINED
        if key >> 3 == 1:
            ok = take_integer(cur, key, &row.time)
        elif key >> 3 == 2:
            ok = take_flags(cur, key, &row.attr_mask)
        elif key >> 3 == 3:
            ok = take_number(cur, key, &row.bid_price)
        elif key >> 3 == 4:
            ok = take_number(cur, key, &row.ask_price)
        elif key >> 3 == 5:
            ok = take_size(cur, key, &row.bid_size)
        elif key >> 3 == 6:
            ok = take_size(cur, key, &row.ask_size)
        else:
            ok = skip_value(cur, key & 7)
    return deliver(sink, reading, &row) if ok else DECLINED


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


cdef enum:
    TICK_PRICE_ID = 1
    TICK_SIZE_ID = 2
    TICK_GENERIC_ID = 45
    TICK_STRING_ID = 46
    TICK_BY_TICK_ID = 99
    PROTOBUF = 200          # added to the id of a protobuf message

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
