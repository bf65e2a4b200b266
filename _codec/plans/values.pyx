# Single values: what unset looks like, texts and numbers read with care, and what a field may hold.

cdef int64_t UNSET_INT = 2147483647
cdef int64_t UNSET_LONG = 9223372036854775807
cdef double UNSET_FLOAT = 1.7976931348623157e308
cdef frozenset UNSET_DECIMALS = frozenset((
    "2147483647", "9223372036854775807", "-9223372036854775808", "1.7976931348623157E308", "1.7976931348623157e308",
    "1.7976931348623157E+308", "1.7976931348623157e+308", "170141183460469231731687303715884105727", "NaN"))


cdef enum:
    MAX_EXPONENT = 400      # of a decimal, either way: more than a double has
    KNOWN_DECIMALS_KEPT = 4_096
    KNOWN_TEXTS = 1_024     # a power of two
    SHORT_TEXT = 8          # characters


cdef struct KnownText:
    uint64_t word           # its characters, zeros behind them
    PyObject *text          # never freed; NULL in a free place

cdef KnownText[KNOWN_TEXTS] known_texts
cdef dict known_decimals = {}


cdef enum Unset:
    ZERO = 0
    EMPTY = 1
    MAX = 2
    MINUS_ONE = 3
    MINUS_TWO = 4
    NEGATIVE = 5

cdef dict UNSET_CODES = {
    "zero": ZERO, "empty": EMPTY, "max": MAX, "-1": MINUS_ONE, "-2": MINUS_TWO, "negative": NEGATIVE}


cdef bint not_computed(double number, int unset) noexcept nogil:
    """-1 stands for a price or dividend that was not computed, -2 for a greek, any negative for a volatility."""
    if unset == NEGATIVE:
        return number < 0
    return (unset == MINUS_ONE and number == -1) or (unset == MINUS_TWO and number == -2)


cdef object read_integer(int64_t value, bint is_long):
    if value == UNSET_LONG or (value == UNSET_INT and not is_long):
        return None
    return PyLong_FromLongLong(value)


cdef str text_of(const char *at, Py_ssize_t size):
    """UTF-8; what is not shows its bytes as ``\\xNN``, because a broken name must not cost the message."""
    return PyUnicode_DecodeUTF8(at, size, b"backslashreplace")


cdef str short_text(const char *at, Py_ssize_t size):
    """Like text_of; exchanges, currencies, statuses and the like are made once, for they come again and again."""
    cdef uint64_t word = 0
    cdef KnownText *known
    if size == 0 or size > SHORT_TEXT:
        return text_of(at, size)
    memcpy(&word, at, size)
    known = known_texts + ((word * <uint64_t>0x9E3779B97F4A7C15) >> 54)
    if known.text != NULL and known.word == word and len(<str>known.text) == size:
        return <str>known.text
    text = text_of(at, size)
    if len(text) == size:    # ASCII
        Py_INCREF(text)
        Py_XDECREF(known.text)
        known.word, known.text = word, <PyObject *>text
    return text


cdef str unescape(str text):
    """Undo ``\\uXXXX``, surrogate pairs included; every other backslash stays."""
    if "\\u" not in text:
        return text
    import re
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


cdef str escape(str text):
    if text.isascii():
        return text
    utf16 = text.encode("utf-16-be", "surrogatepass")
    units = [int.from_bytes(utf16[i:i + 2], "big") for i in range(0, len(utf16), 2)]
    return "".join([chr(unit) if unit < 128 else f"\\u{unit:04x}" for unit in units])


cdef object exact(const char *at, Py_ssize_t size):
    """The decimal in these bytes, None for the spellings of unset, NotImplemented for what is no number."""
    cdef Py_ssize_t i
    cdef str text
    if size == 0:
        return None
    text = text_of(at, size)
    known = known_decimals.get(text)
    if known is not None:
        return known
    if (size >= 10 or size == 3) and text in UNSET_DECIMALS:
        return None
    for i in range(size):
        if not (c'0' <= at[i] <= c'9' or at[i] in b"+-.eE"):
            return NotImplemented
    try:
        number = Decimal(text)
    except InvalidOperation:
        return NotImplemented
    if not sensible(number):
        if number.adjusted() > 0 and number:
            return NotImplemented
        number = Decimal(0)     # 0E9999, or closer to zero than a double can be: zero to both decoders
    if len(known_decimals) == KNOWN_DECIMALS_KEPT:
        known_decimals.clear()
    known_decimals[text] = number
    return number


cdef bint sensible(object number) except -1:
    """Whether a decimal can be written out: 1e999999999 is a few bytes to read and a gigabyte to write."""
    return -MAX_EXPONENT <= number.adjusted() <= MAX_EXPONENT


cdef bint careful_float(const char *at, const char *stop, double *out) except -1:
    """The nearest double, by Python's own correctly rounding reader; False when it overflows."""
    cdef bytes text = at[:stop - at]
    try:
        out[0] = PyOS_string_to_double(text, NULL, OverflowError)
    except OverflowError:
        return False
    return True


cdef object checked_integer(object value, int kind):
    if isinstance(value, (str, bytes)):
        raise TypeError("not an integer")
    number = int(value)
    if number != value:
        raise ValueError("not an integer")
    bits = 31 if kind == Kind.INT else 63
    if not -(1 << bits) <= number < 1 << bits:
        raise ValueError(f"does not fit {bits + 1} bits")
    return number


cdef bint checked_flag(object value) except -1:
    """A boolean, numpy's too, or a 1 or 0; a text such as "False" would be true."""
    if value is True or value is False:
        return value is True
    if is_flag(value) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise TypeError("neither True nor False")


cdef object checked_decimal(object value):
    """Decimals as they are; floats by their shortest spelling, so that 0.1 stays 0.1; integers of numpy too."""
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, float):
        number = Decimal(repr(float(value)))
    elif is_flag(value):
        raise TypeError("not a number")
    elif hasattr(value, "__index__"):
        number = Decimal(int(value))
    else:
        number = Decimal(value)
    if not number.is_finite():
        raise ValueError("not a finite number")
    if not sensible(number):
        raise ValueError(f"more than {MAX_EXPONENT} digits long")
    return number
