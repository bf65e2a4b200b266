# Bytes on their way out: a buffer that is filled, handed over and used again.


@cython.internal
cdef class Buffer:
    """A growing run of bytes."""
    cdef char *at
    cdef Py_ssize_t used
    cdef Py_ssize_t room

    def __cinit__(self):
        self.room = 256
        self.at = <char *>PyMem_Malloc(self.room)
        if self.at == NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self.at)

    cdef char *extend(self, Py_ssize_t size) except NULL:
        """Where the next ``size`` bytes go, which the caller now writes."""
        cdef char *place
        if self.used + size > self.room:
            self.room = max(2 * self.room, self.used + size)
            place = <char *>PyMem_Realloc(self.at, self.room)
            if place == NULL:
                raise MemoryError
            self.at = place
        place = self.at + self.used
        self.used += size
        return place

    cdef int put(self, bytes data) except -1:
        return self.put_chars(data, len(data))

    cdef int put_chars(self, const char *data, Py_ssize_t size) except -1:
        cdef char *place = self.extend(size)
        if size:        # C forbids NULL even where there is nothing to copy
            memcpy(place, data, size)
        return 0

    cdef int put_text(self, str text) except -1:
        """A length-prefixed text."""
        cdef Py_ssize_t size
        cdef const char *data = PyUnicode_AsUTF8AndSize(text, &size)
        self.put_varint(size)
        return self.put_chars(data, size)

    cdef int put_key(self, int number, int wire_type) except -1:
        return self.put_varint(<uint64_t>(number << 3 | wire_type))

    cdef int put_varint(self, uint64_t value) except -1:
        cdef uint8_t encoded[10]
        cdef int size = write_varint(encoded, value)
        return self.put_chars(<const char *>encoded, size)

    cdef int put_double(self, double value) except -1:
        return self.put_chars(<const char *>&value, 8)

    # -- NUL-ended fields of the plainest kinds

    cdef bint put_ascii_field(self, str text) except -1:
        """Printable ASCII; False, and nothing put, for any other text."""
        cdef Py_ssize_t i, size
        cdef const char *at
        cdef char *place
        if not text.isascii():
            return False
        at = PyUnicode_AsUTF8AndSize(text, &size)
        place = self.extend(size + 1)
        for i in range(size):
            if not 32 <= at[i] <= 126:
                self.used -= size + 1
                return False
            place[i] = at[i]
        place[size] = 0
        return True

    cdef bint put_integer_field(self, int64_t value) except -1:
        cdef char digits[24]
        cdef int size = write_integer(digits, value)
        digits[size] = 0
        self.put_chars(digits, size + 1)
        return True

    cdef bint put_float_field(self, double value, bint plain) except -1:
        """A number of few digits, as Python spells it, or if ``plain`` without a trailing .0; False for any other."""
        cdef char digits[32]
        cdef int size = write_short_float(digits, value, plain)
        if size == 0:
            return False
        digits[size] = 0
        self.put_chars(digits, size + 1)
        return True

    cdef bint put_decimal_field(self, object value) except -1:
        """A decimal without an exponent; False, and nothing put, for any other."""
        cdef str text = str(value)
        return is_plain_decimal(text) and self.put_ascii_field(text)

    # -- length-prefixed messages

    cdef int close_span(self, Py_ssize_t start) except -1:
        """Put the length of what was written since ``start`` in front of it."""
        cdef Py_ssize_t size = self.used - start
        cdef uint8_t encoded[10]
        cdef int prefix = write_varint(encoded, size)
        self.extend(prefix)
        memmove(self.at + start + prefix, self.at + start, size)
        memcpy(self.at + start, encoded, prefix)
        return 0

    cdef bytes take(self):
        cdef bytes data = PyBytes_FromStringAndSize(self.at, self.used)
        self.used = 0
        return data


cdef int write_varint(uint8_t *at, uint64_t value) noexcept nogil:
    """Write 1 to 10 bytes, say how many."""
    cdef int size = 0
    while value >= 0x80:
        at[size] = <uint8_t>(value | 0x80)
        value >>= 7
        size += 1
    at[size] = <uint8_t>value
    return size + 1


cdef int write_integer(char *at, int64_t value) noexcept nogil:
    """Write the digits, say how many characters."""
    if value < 0:
        at[0] = c'-'
        return 1 + write_digits(at + 1, 0 - <uint64_t>value, 1)
    return write_digits(at, <uint64_t>value, 1)


cdef int write_digits(char *at, uint64_t value, int least) noexcept nogil:
    """Write that many digits or more, say how many."""
    cdef int size = 0, i
    cdef char digits[20]
    while value or size < least:
        digits[size] = <char>(c'0' + value % 10)
        value //= 10
        size += 1
    for i in range(size):
        at[i] = digits[size - 1 - i]
    return size


cdef int write_short_float(char *at, double value, bint plain) noexcept nogil:
    """Write a number as repr() does if it has few digits, say how many characters; 0 for one that has more.

    Of 15 digits or less no two numbers are the same double, so the fewest that divide back to it are the shortest.
    """
    cdef double magnitude = -value if value < 0 else value
    cdef uint64_t scaled, power = 1
    cdef int places = 0, size = 0
    if not 1e-4 <= magnitude < 1e15:
        return 0
    while True:
        if magnitude * <double>power >= 9e14 or places > 8:
            return 0
        scaled = <uint64_t>(magnitude * <double>power + 0.5)
        if <double>scaled / <double>power == magnitude:
            break
        power *= 10
        places += 1
    if value < 0:
        at[0] = c'-'
        size = 1
    size += write_digits(at + size, scaled // power, 1)
    if places == 0 and plain:
        return size
    at[size] = c'.'
    return size + 1 + write_digits(at + size + 1, scaled % power, max(places, 1))


cdef bint is_plain_decimal(str text) except -1:
    """Whether a decimal's text is digits and no more than a sign and a point: no exponent, no NaN."""
    cdef Py_ssize_t i, size
    cdef const char *at = PyUnicode_AsUTF8AndSize(text, &size)
    for i in range(size):
        if not (c'0' <= at[i] <= c'9' or at[i] == c'.' or at[i] == c'-'):
            return False
    return 0 < size <= MAX_EXPONENT


cdef void put_frame_length(char *at, Py_ssize_t size) noexcept nogil:
    at[0], at[1], at[2], at[3] = <char>(size >> 24), <char>(size >> 16), <char>(size >> 8), <char>size


cdef class Outbox:
    """Frames that wait for the one write of this loop turn."""
    cdef Buffer buffer
    cdef readonly int64_t messages

    def __cinit__(self):
        self.buffer = Buffer()

    def __len__(self):
        """Bytes that wait."""
        return self.buffer.used

    def put(self, Plan plan not None, Message message not None):
        """Frame a message; if it cannot be written nothing of it stays behind.

        Raises:
            VersionError, ValueError: as `ibfast.wire.encode`.
        """
        cdef Py_ssize_t start = self.buffer.used
        try:
            self.buffer.extend(4)
            self.buffer.put(plan.message_id)
            plan.write(message, self.buffer)
            if self.buffer.used - start - 4 > MAX_PAYLOAD:
                raise ValueError(f"{type(message).__name__}: a message may have {MAX_PAYLOAD} bytes")
        except BaseException:
            self.buffer.used = start
            raise
        put_frame_length(self.buffer.at + start, self.buffer.used - start - 4)
        self.messages += 1

    def put_frame(self, bytes frame not None):
        """A message that was framed before."""
        self.buffer.put(frame)
        self.messages += 1

    def put_raw(self, bytes data not None):
        """Bytes that are no message."""
        self.buffer.put(data)

    def take(self):
        """All that waits, as one ``bytes``; the outbox is empty afterwards."""
        return self.buffer.take()
