# Cursor, and the inline readers of both wires. No Python object in this file.
#
# text:      a field is its characters and a NUL; see the readers for what each type accepts.
# protobuf:  key = field number << 3 | wire type, then a varint, 8 bytes, 4 bytes or length-prefixed bytes.

from libc.math cimport INFINITY, NAN
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy


cdef struct Cursor:
    const char *start   # first byte of the payload; only to report offsets
    const char *pos     # next unread byte
    const char *end     # one past the last byte


cdef enum Number:
    NOT_A_NUMBER = 0
    EXACT = 1           # the double is the nearest one to the text
    NEEDS_CARE = 2      # the text is a number whose nearest double takes more than one operation


cdef extern from *:
    """
    static const double ibfast_powers_of_ten[23] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    #error "ibfast reads little-endian doubles in place; this machine is big-endian"
    #endif
    #if defined(_MSC_VER) && !defined(__clang__)
    #include <intrin.h>
    static __inline int ibfast_zeros_below(unsigned __int64 word) {
        unsigned long place; _BitScanForward64(&place, word); return (int)place;
    }
    #else
    #define ibfast_zeros_below(word) __builtin_ctzll(word)
    #endif
    #if defined(__GNUC__)
    #pragma GCC diagnostic ignored "-Wattributes"   /* Cython makes variables of this type too */
    #define ibfast_inlined __attribute__((__always_inline__)) int
    #else
    #define ibfast_inlined int
    #endif
    """
    # What an inline function returns that must be inlined: compilers stop when a file of this size has grown by two
    # fifths, and a cursor whose address is given away stays in memory (benchmarks, section "instructions").
    ctypedef bint inlined "ibfast_inlined"
    const double powers_of_ten "ibfast_powers_of_ten"[23]
    int zeros_below "ibfast_zeros_below"(uint64_t word) nogil     # below its lowest bit that is set; it has one


# ------------------------------------------------------------------------------------------------ words
#
# Eight bytes are read at once, wherever a payload ends: PADDING bytes behind every receive buffer may be read.

cdef inline uint64_t word_at(const char *p) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, p, 8)
    return word


cdef inline bint short_number(const char *p, Py_ssize_t size, double *out) noexcept nogil:
    """The number that 1 to 8 characters are, digits and at most one point; False for whatever else they are."""
    cdef uint64_t word, points, before
    cdef int fraction = 0, point
    word = (word_at(p) ^ 0x3030303030303030u) << (64 - 8 * size)    # right-aligned, digits as their values
    if word_is_digits(word):
        out[0] = <double><int64_t>digits_of(word)
        return True
    points = zero_bytes(word ^ 0x1e1e1e1e1e1e1e1eu)                 # the point as 0
    if points == 0 or size == 1:
        return False
    point = zeros_below(points) - 7
    before = (<uint64_t>1 << point) - 1
    fraction = 7 - (point >> 3)
    word = (word & before) << 8 | (word & ~before & ~(<uint64_t>0xff << point))
    if not word_is_digits(word):
        return False
    out[0] = <double><int64_t>digits_of(word) / powers_of_ten[fraction]
    return True


cdef inline bint long_number(const char *p, Py_ssize_t size, double *out) noexcept nogil:
    """The same of 9 to 15 characters: their digits are below 2**53, so that one division gives the nearest double."""
    cdef uint64_t first = (word_at(p) ^ 0x3030303030303030u) << (8 * (16 - size))
    cdef uint64_t last = word_at(p + size - 8) ^ 0x3030303030303030u
    cdef uint64_t before, points = zero_bytes(last ^ 0x1e1e1e1e1e1e1e1eu)
    cdef int fraction = 0, point
    if points:
        point = zeros_below(points) - 7
        before = (<uint64_t>1 << point) - 1
        fraction = 7 - (point >> 3)
        last = first >> 56 | (last & before) << 8 | (last & ~before & ~(<uint64_t>0xff << point))
        first <<= 8
    else:
        points = zero_bytes(first ^ 0x1e1e1e1e1e1e1e1eu)
        if points:
            point = zeros_below(points) - 7
            before = (<uint64_t>1 << point) - 1
            fraction = 15 - (point >> 3)
            first = (first & before) << 8 | (first & ~before & ~(<uint64_t>0xff << point))
    if not (word_is_digits(first) and word_is_digits(last)):
        return False
    out[0] = <double><int64_t>(digits_of(first) * 100000000u + digits_of(last)) / powers_of_ten[fraction]
    return True


cdef inline uint64_t zero_bytes(uint64_t word) noexcept nogil:
    """The high bit of the lowest byte that is 0, and perhaps of some above it; 0 if no byte is."""
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u


cdef inline inlined short_integer(const char *p, Py_ssize_t size, uint64_t *out) noexcept nogil:
    """The number that 1 to 8 characters are, if all are digits."""
    cdef uint64_t word = (word_at(p) ^ 0x3030303030303030u) << (64 - 8 * size)
    out[0] = digits_of(word)
    return word_is_digits(word)


cdef inline inlined word_is_digits(uint64_t word) noexcept nogil:
    """Whether each byte is at most 9."""
    return ((word + 0x7676767676767676u) | word) & 0x8080808080808080u == 0


cdef inline uint64_t digits_of(uint64_t word) noexcept nogil:
    """The number of eight digits, the first in the lowest byte: pairs, fours and eight are summed in one word.

    D. Lemire, "Quickly parsing eight digits", 2018.
    """
    word = word * 10 + (word >> 8)
    return ((word & 0x000000ff000000ffu) * 0x000f424000000064u
            + ((word >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u) >> 32


# ------------------------------------------------------------------------------------------------ text

cdef inline const char *field_end(const Cursor *cur) noexcept nogil:
    """The NUL that ends the field at the cursor, or NULL."""
    return <const char *>memchr(cur.pos, 0, cur.end - cur.pos)


cdef inline bint skip_field(Cursor *cur) noexcept nogil:
    cdef const char *stop = field_end(cur)
    if stop == NULL:
        return False
    cur.pos = stop + 1
    return True


cdef inline bint eight_digits(const char *p, uint64_t *out) noexcept nogil:
    """The number that eight characters are, if all are digits."""
    cdef uint64_t word = word_at(p) ^ 0x3030303030303030u
    if not word_is_digits(word):
        return False
    out[0] = digits_of(word)
    return True


cdef inline const char *digits_end(const char *p, const char *end, uint64_t *value) noexcept nogil:
    """Where a run of digits ends; they are appended to ``value``, which may overflow."""
    cdef uint64_t number = value[0]
    cdef uint8_t digit
    while p < end:
        digit = <uint8_t>(<uint8_t>p[0] - <uint8_t>c'0')
        if digit > 9:
            break
        number = number * 10 + digit
        p += 1
    value[0] = number
    return p


cdef inline bint take_int(Cursor *cur, int64_t *out) noexcept nogil:
    """Read one integer field, an empty one as 0; False, with cur.pos unmoved, when it is not one."""
    cdef const char *p = cur.pos
    cdef const char *digits
    cdef uint64_t value = 0
    cdef bint minus = p < cur.end and p[0] == c'-'
    p += minus
    digits = p
    if cur.end - p > 8 and eight_digits(p, &value):
        p += 8
    p = digits_end(p, cur.end, &value)
    if p == cur.end or p[0] != 0 or p - digits > 19 or value > <uint64_t>0x7fffffffffffffff:
        return False
    if p == digits and minus:
        return False
    cur.pos = p + 1
    out[0] = -<int64_t>value if minus else <int64_t>value
    return True


cdef inline bint take_int32(Cursor *cur, int32_t *out) noexcept nogil:
    """Like take_int, for what must fit 32 bits."""
    cdef int64_t value
    cdef const char *start = cur.pos
    if not take_int(cur, &value):
        return False
    if value > 2147483647 or value < -<int64_t>2147483648:
        cur.pos = start
        return False
    out[0] = <int32_t>value
    return True


cdef inline Number parse_float(const char *p, const char *stop, double *out) noexcept nogil:
    """Read the number that fills [p, stop): sign, digits with at most one point, exponent; Infinity; NaN.

    One multiplication or division by a power of ten is exact while both sides are: mantissa below 2**53, power up
    to 10**22 (W. D. Clinger, "How to read floating point numbers accurately", 1990). The rest is the caller's.
    """
    cdef uint64_t mantissa = 0
    cdef int digits = 0, exponent = 0, written = 0
    cdef bint minus = False, exponent_minus = False, point = False, any_digit = False
    cdef char c
    if p < stop and p[0] == c'-':
        minus = True
        p += 1
    if p < stop and p[0] == c'I':
        if (stop - p == 8 and memcmp(p, b"Infinity", 8) == 0) or (stop - p == 8 and memcmp(p, b"Infinite", 8) == 0):
            out[0] = -INFINITY if minus else INFINITY
            return EXACT
        return NOT_A_NUMBER
    if stop - p == 3 and memcmp(p, b"NaN", 3) == 0:
        out[0] = NAN
        return EXACT
    while p < stop:
        c = p[0]
        if c'0' <= c <= c'9':
            any_digit = True
            if digits < 19:
                mantissa = mantissa * 10 + <uint64_t>(c - c'0')
                digits += mantissa != 0
                exponent -= point
            else:
                digits += 1
                exponent += not point
        elif c == c'.' and not point:
            point = True
        else:
            break
        p += 1
    if not any_digit:
        return NOT_A_NUMBER
    if p < stop and (p[0] == c'e' or p[0] == c'E'):
        p += 1
        if p < stop and (p[0] == c'-' or p[0] == c'+'):
            exponent_minus = p[0] == c'-'
            p += 1
        if p == stop:
            return NOT_A_NUMBER
        while p < stop and c'0' <= p[0] <= c'9':
            if written < 100000:
                written = written * 10 + (p[0] - c'0')
            p += 1
        exponent += -written if exponent_minus else written
    if p != stop:
        return NOT_A_NUMBER
    if mantissa == 0:
        out[0] = -0.0 if minus else 0.0
        return EXACT
    if digits > 19 or mantissa > <uint64_t>9007199254740992 or exponent > 22 or exponent < -22:
        return NEEDS_CARE
    if exponent < 0:
        out[0] = <double>mantissa / powers_of_ten[-exponent]
    else:
        out[0] = <double>mantissa * powers_of_ten[exponent]
    if minus:
        out[0] = -out[0]
    return EXACT


# Fields as nearly every one is, in memory with PADDING behind it: words are read past the end of the payload if need
# be, and a field is taken only if its NUL is within. False, with nothing taken, means that the careful readers have to
# look.

cdef inline bint next_digit(Cursor *cur, int64_t *out) noexcept nogil:
    """An integer of one digit."""
    cdef uint8_t digit = <uint8_t>cur.pos[0] ^ <uint8_t>c'0'
    if cur.pos[1] != 0 or digit > 9 or cur.end - cur.pos < 2:
        return False
    cur.pos += 2
    out[0] = digit
    return True


cdef inline bint next_two_digits(Cursor *cur, int64_t *out) noexcept nogil:
    cdef uint8_t tens = <uint8_t>cur.pos[0] ^ <uint8_t>c'0', ones = <uint8_t>cur.pos[1] ^ <uint8_t>c'0'
    if cur.pos[2] != 0 or tens > 9 or ones > 9 or cur.end - cur.pos < 3:
        return False
    cur.pos += 3
    out[0] = 10 * tens + ones
    return True


cdef inline bint next_short(Cursor *cur, int64_t *out) noexcept nogil:
    """An integer of up to 7 digits, 0 if there are none."""
    cdef uint64_t word = word_at(cur.pos), ends = zero_bytes(word)
    cdef int top
    if ends == 0:
        return False
    top = zeros_below(ends)     # 7 above the 8 bits of each digit
    word = (word ^ 0x3030303030303030u) << (63 ^ top) << 8
    if not word_is_digits(word) or cur.end - cur.pos <= top >> 3:
        return False
    cur.pos += (top >> 3) + 1
    out[0] = digits_of(word)
    return True


cdef inline bint next_ten_digits(Cursor *cur, int64_t *out) noexcept nogil:
    """An integer of ten digits, as the seconds since 1970 are from 2001 to 2286."""
    cdef uint64_t word = word_at(cur.pos + 2) ^ 0x3030303030303030u
    cdef uint8_t first = <uint8_t>cur.pos[0] ^ <uint8_t>c'0', second = <uint8_t>cur.pos[1] ^ <uint8_t>c'0'
    if cur.pos[10] != 0 or first > 9 or second > 9 or not word_is_digits(word) or cur.end - cur.pos < 11:
        return False
    cur.pos += 11
    out[0] = (10 * first + second) * <int64_t>100000000 + <int64_t>digits_of(word)
    return True


cdef inline bint next_plain(Cursor *cur, double *out) noexcept nogil:
    """A number of 1 to 15 characters, digits and at most one point."""
    cdef const char *p = cur.pos
    cdef uint64_t ends = zero_bytes(word_at(p))
    cdef Py_ssize_t size
    if ends:
        size = zeros_below(ends) >> 3
        if size == 0 or cur.end - p <= size or not short_number(p, size, out):
            return False
    else:
        ends = zero_bytes(word_at(p + 8))
        if ends == 0:
            return False
        size = 8 + (zeros_below(ends) >> 3)
        if cur.end - p <= size or not (short_number(p, 8, out) if size == 8 else long_number(p, size, out)):
            return False
    cur.pos = p + size + 1
    return True


# ------------------------------------------------------------------------------------------------ protobuf

cdef enum WireType:
    VARINT = 0
    FIXED64 = 1
    BYTES = 2
    GROUP_START = 3
    GROUP_END = 4
    FIXED32 = 5


cdef inline bint take_varint(Cursor *cur, uint64_t *out) noexcept nogil:
    """Read one varint of at most ten bytes; False, with cur.pos unmoved, when it does not end."""
    cdef const uint8_t *p = <const uint8_t *>cur.pos
    cdef const uint8_t *end = <const uint8_t *>cur.end
    cdef uint64_t value
    cdef int shift = 7
    if p < end and p[0] < 0x80:
        out[0] = p[0]
        cur.pos += 1
        return True
    if p == end:
        return False
    value = p[0] & 0x7f
    p += 1
    while p < end and shift < 70:
        value |= <uint64_t>(p[0] & 0x7f) << shift if shift < 64 else 0
        if p[0] < 0x80:
            cur.pos = <const char *>(p + 1)
            out[0] = value
            return True
        shift += 7
        p += 1
    return False


cdef inline bint take_double(Cursor *cur, double *out) noexcept nogil:
    if cur.end - cur.pos < 8:
        return False
    memcpy(out, cur.pos, 8)
    cur.pos += 8
    return True


cdef inline bint take_span(Cursor *cur, Cursor *inside) noexcept nogil:
    """Read a length-prefixed run of bytes; `inside` covers it, its start being the outer one, for offsets."""
    cdef uint64_t size
    cdef const char *start = cur.pos
    if not take_varint(cur, &size):
        return False
    if size > <uint64_t>(cur.end - cur.pos):
        cur.pos = start
        return False
    inside.start = cur.start
    inside.pos = cur.pos
    inside.end = cur.pos + size
    cur.pos += size
    return True


cdef inline bint skip_value(Cursor *cur, int wire_type) noexcept nogil:
    """Pass over the value of an unknown field, a group included; False when the bytes do not hold one."""
    cdef uint64_t ignored
    cdef Cursor inside
    cdef int depth = 1
    if wire_type == VARINT:
        return take_varint(cur, &ignored)
    if wire_type == FIXED64 or wire_type == FIXED32:
        if cur.end - cur.pos < (8 if wire_type == FIXED64 else 4):
            return False
        cur.pos += 8 if wire_type == FIXED64 else 4
        return True
    if wire_type == BYTES:
        return take_span(cur, &inside)
    if wire_type != GROUP_START:
        return False
    while depth:
        if not take_varint(cur, &ignored) or ignored >> 3 == 0:
            return False
        wire_type = ignored & 7
        if wire_type == GROUP_START:
            depth += 1
        elif wire_type == GROUP_END:
            depth -= 1
        elif not skip_value(cur, wire_type):
            return False
    return True


cdef inline uint64_t frame_length(const char *p) noexcept nogil:
    cdef const uint8_t *b = <const uint8_t *>p
    return (<uint64_t>b[0] << 24) | (<uint64_t>b[1] << 16) | (<uint64_t>b[2] << 8) | b[3]
