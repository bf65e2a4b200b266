# What all decoders share. A decoder reads one payload into rows and returns DONE; PARTIAL, when the rows are stored and
# the rest of the message belongs to the pending request; NO_READER, when nobody subscribed under this id, or not to
# this kind; or DECLINED. In the last two cases the plan reads the same payload: it makes a message or raises the error
# that says what is wrong. Decoders touch no Python object. A row is written in place, in the buffer of its
# subscription, and counts only once its last field was good.

cdef enum Outcome:
    DECLINED = 0
    DONE = 1
    NO_READER = 2
    PARTIAL = 3

cdef extern from *:
    ctypedef Outcome inlined_outcome "ibfast_inlined"

cdef enum:
    SHORTEST_UNSET = 2_147_483_647      # among the spellings of an unset decimal, the others have over 15 characters
    HOT_IDS = 512           # ids below this may be hot
    PROTOBUF = 200          # added to the id of a protobuf message
    TICK_PRICE_ID = 1
    TICK_SIZE_ID = 2
    MARKET_DEPTH_ID = 12
    MARKET_DEPTH_L2_ID = 13
    HISTORICAL_DATA_ID = 17
    TICK_OPTION_COMPUTATION_ID = 21
    TICK_GENERIC_ID = 45
    TICK_STRING_ID = 46
    REAL_TIME_BARS_ID = 50
    HISTORICAL_TICKS_ID = 96
    HISTORICAL_TICKS_BID_ASK_ID = 97
    HISTORICAL_TICKS_LAST_ID = 98
    TICK_BY_TICK_ID = 99


cdef struct DecodeContext:
    # What a decoder needs besides the bytes.
    RouteTable *routes
    int64_t recv_ns
    Sink *touched           # streams with new rows since the last wake-up, linked
    int server_version
    # of a REST only:
    Sink *answer            # whose rows were taken
    Mark before             # where it stood before them
    const char *items       # where the items begin, on the text wire at their count
    const char *items_end   # and end

ctypedef Outcome (*decoder_t)(Cursor *cur, DecodeContext *reading) noexcept nogil

cdef decoder_t[HOT_IDS] HOT     # by the id on the wire


cdef inline Sink *subscriber(DecodeContext *reading, int64_t req_id, int kind) noexcept nogil:
    """The rows of this kind that a request feeds, or NULL."""
    cdef Route *route = place_of(reading.routes, req_id)
    if route.sink != NULL and route.sink.kind == kind:
        return route.sink
    if route.sink != NULL and route.second != NULL and route.second.kind == kind:
        return route.second
    return NULL


cdef inline Outcome deliver(Sink *sink, DecodeContext *reading, const void *row) noexcept nogil:
    touch(sink, reading)
    push(sink, row)
    return DONE


cdef inline void touch(Sink *sink, DecodeContext *reading) noexcept nogil:
    """Remember to wake its reader."""
    if not sink.touched:
        sink.touched = True
        sink.next_touched = reading.touched
        reading.touched = sink


cdef inline void *next_live_row(Sink *sink, DecodeContext *reading, int64_t tick_type) noexcept nogil:
    """As next_row, with the two columns that every live row begins with; its reader will be woken."""
    cdef int64_t seq = sink.total
    cdef int64_t *row = <int64_t *>next_row(sink, tick_type)
    touch(sink, reading)
    if row != NULL:
        row[0] = reading.recv_ns
        row[SEQ] = seq
    return row


# ------------------------------------------------------------------------------------------- fields of text

cdef inline bint skip_version(Cursor *cur) noexcept nogil:
    """Pass over a field, mostly of one character."""
    if cur.pos[1] != 0 or cur.pos[0] == 0 or cur.end - cur.pos < 2:
        return skip_field(cur)
    cur.pos += 2
    return True


cdef inline bint take_id(Cursor *cur, int64_t *out) noexcept nogil:
    """Any integer, mostly of 2 to 7 digits."""
    return next_short(cur, out) or take_int(cur, out)


cdef inline bint take_small(Cursor *cur, int64_t *out) noexcept nogil:
    """Any integer, mostly of one digit."""
    return next_digit(cur, out) or take_int(cur, out)


cdef inline bint take_seconds(Cursor *cur, int64_t *out) noexcept nogil:
    """Any integer, mostly of ten digits."""
    return next_ten_digits(cur, out) or take_int(cur, out)


cdef inline bint fits_int32(int64_t value) noexcept nogil:
    return value == <int32_t>value


cdef inline bint take_float(Cursor *cur, double *out) noexcept nogil:
    """A number field; an empty one is 0, the largest double is unset and so NaN."""
    return next_plain(cur, out) or careful_float_field(cur, out)


cdef inline bint take_decimal(Cursor *cur, double *out) noexcept nogil:
    """A decimal field as a double; empty and the spellings of unset are NaN."""
    cdef const char *start = cur.pos
    if next_plain(cur, out) and out[0] != SHORTEST_UNSET:
        return True
    cur.pos = start
    return careful_decimal_field(cur, out)


cdef bint careful_float_field(Cursor *cur, double *out) noexcept nogil:
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


cdef bint careful_decimal_field(Cursor *cur, double *out) noexcept nogil:
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


cdef inline bint take_code(Cursor *cur, CodeTable *table, uint16_t *out) noexcept nogil:
    cdef uint64_t word = word_at(cur.pos), ends = zero_bytes(word)
    cdef int size
    if ends == 0:
        return take_long_code(cur, table, out)
    size = zeros_below(ends) >> 3
    if cur.end - cur.pos <= size:
        return False
    out[0] = code_of_word(table, cur.pos, size, word & (ends ^ (ends - 1)) >> 8) if size else 0
    cur.pos += size + 1
    return True


cdef bint take_long_code(Cursor *cur, CodeTable *table, uint16_t *out) noexcept nogil:
    cdef const char *stop = field_end(cur)
    if stop == NULL:
        return False
    out[0] = code_of(table, cur.pos, stop - cur.pos)
    cur.pos = stop + 1
    return True


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


cdef inline bint take_flags(Cursor *cur, uint64_t key, uint8_t *mask) noexcept nogil:
    """A nested message of two booleans, as bits."""
    cdef Cursor inside
    mask[0] = 0
    return take_bytes(cur, key, &inside) and flags_inside(inside, mask)


cdef bint flags_inside(Cursor cur, uint8_t *mask) noexcept nogil:
    cdef int64_t flag
    cdef uint64_t key = 0
    while cur.pos < cur.end:
        if not take_key(&cur, &key):
            return False
        if key >> 3 > 2:
            if not skip_value(&cur, key & 7):
                return False
        elif not take_integer(&cur, key, &flag):
            return False
        elif flag:
            mask[0] |= <uint8_t>(key >> 3)
        else:
            mask[0] &= ~<uint8_t>(key >> 3)
    return True


# ------------------------------------------------------------------------- protobuf, fields in their usual order
#
# Gateways write fields in ascending number. Each of these takes one field if it is the next, or its default if it is
# not; False means only that the readers above have to do it. They may read past the end, into the next frame or the
# padding behind it: what they took holds only if the cursor then stands exactly at the end. Their cursor stays in
# registers because nothing that is not inlined is given its address.

cdef inline inlined next_integer(Cursor *cur, int number, int64_t *out) noexcept nogil:
    """A varint; those of one byte, as most are, and of five, as request ids and times are, without a loop."""
    cdef uint64_t word
    cdef uint32_t low
    cdef int64_t value = 0
    if cur.pos[0] != <char>(number << 3 | VARINT):
        out[0] = 0
        return True
    word = word_at(cur.pos + 1)
    if not word & 0x80:
        out[0] = word & 0x7f
        cur.pos += 2
        return True
    if word & 0x8080808080u == 0x80808080u:
        low = <uint32_t>word
        low = (low & 0x007f007fu) | (low & 0x7f007f00u) >> 1
        low = (low & 0x00003fffu) | (low & 0x3fff0000u) >> 2
        out[0] = low | (word >> 32 & 0x7f) << 28
        cur.pos += 6
        return True
    cur.pos = after_varint(cur.pos + 1, cur.end, &value)
    out[0] = value
    return cur.pos != NULL


cdef const char *after_varint(const char *pos, const char *end, int64_t *out) noexcept nogil:
    cdef Cursor cur = Cursor(pos, pos, end)
    return cur.pos if take_varint(&cur, <uint64_t *>out) else NULL


cdef inline inlined next_number(Cursor *cur, int number, double *out) noexcept nogil:
    if cur.pos[0] != <char>(number << 3 | FIXED64):
        out[0] = NAN
        return True
    memcpy(out, cur.pos + 1, 8)
    if out[0] == UNSET_FLOAT:
        out[0] = NAN
    cur.pos += 9
    return True


cdef inline inlined next_bytes(Cursor *cur, int number, Cursor *inside) noexcept nogil:
    """A run of at most 127 bytes; an empty one if it is not there."""
    cdef uint8_t size
    inside.start = inside.pos = inside.end = cur.pos
    if cur.pos[0] != <char>(number << 3 | BYTES):
        return True
    size = <uint8_t>cur.pos[1]
    inside.pos = cur.pos + 2
    inside.end = cur.pos = inside.pos + size
    return size < 128 and inside.end <= cur.end


cdef inline inlined next_size(Cursor *cur, int number, double *out) noexcept nogil:
    cdef Cursor text
    cdef double value
    cdef uint64_t whole
    cdef bint ok = next_bytes(cur, number, &text)
    cdef Py_ssize_t size = text.end - text.pos
    if not ok:
        return False
    if 1 <= size <= 8 and short_integer(text.pos, size, &whole):
        out[0] = <double><int64_t>whole
        return True
    if size == 0:
        out[0] = NAN
        return True
    ok = other_size(text.pos, text.end, &value)
    out[0] = value
    return ok


cdef bint other_size(const char *at, const char *stop, double *out) noexcept nogil:
    return (stop - at <= 8 and short_number(at, stop - at, out)) or decimal_from(at, stop, out)


cdef inline inlined next_code(Cursor *cur, int number, CodeTable *table, uint16_t *out) noexcept nogil:
    cdef Cursor text
    cdef bint ok = next_bytes(cur, number, &text)
    out[0] = code_of(table, text.pos, text.end - text.pos) if ok and text.end > text.pos else 0
    return ok


cdef inline inlined next_flags(Cursor *cur, int number, uint8_t *out) noexcept nogil:
    cdef Cursor inside
    cdef uint8_t mask = 0
    cdef bint ok = next_bytes(cur, number, &inside)
    if ok and inside.pos < inside.end:
        ok = flags_inside(inside, &mask)
    out[0] = mask
    return ok
