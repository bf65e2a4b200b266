# Plans: every message of the schema, both wires, both directions. `ibfast/schema/compile.py` makes the steps of a
# text plan; a protobuf plan needs only the class. The hot messages have plans too: they explain what a hot decoder
# refused, and carry what has no subscriber.

cdef enum:
    MAX_REGISTERS = 32      # messages that one text plan has open at a time
    MAX_ITEMS = 1_000_000   # of one list; a count beyond what the payload can hold is refused before that

cdef int64_t UNSET_INT = 2147483647
cdef int64_t UNSET_LONG = 9223372036854775807
cdef double UNSET_FLOAT = 1.7976931348623157e308
cdef frozenset UNSET_DECIMALS = frozenset((
    "2147483647", "9223372036854775807", "-9223372036854775808", "1.7976931348623157E308", "1.7976931348623157e308",
    "1.7976931348623157E+308", "1.7976931348623157e+308", "170141183460469231731687303715884105727", "NaN"))
cdef dict UNSET_TEXT = {
    Kind.INT: b"2147483647", Kind.LONG: b"9223372036854775807", Kind.FLOAT: b"1.7976931348623157E308",
    Kind.DECIMAL: b"170141183460469231731687303715884105727", Kind.BOOL: b"2147483647"}
cdef dict ZERO_TEXT = {
    Kind.INT: b"0", Kind.LONG: b"0", Kind.FLOAT: b"0.0", Kind.DECIMAL: b"", Kind.STRING: b"", Kind.BOOL: b"0",
    Kind.TAGS: b""}


cpdef enum Op:
    """What a step of a text plan does; `register`, `slot` and the rest are those of `compile.Step`."""
    FIELD = 1       # one value
    LIST = 2        # a count, then that many single values
    CONST = 3       # always `extra`; passed over by readers
    MASK = 4        # an integer whose bits are flags of a nested message: extra = (class, slots)
    ENTER = 5       # register `target` = the nested message in `slot`; a reader makes it if it is not there
    WHEN = 6        # the steps up to `end` only if the condition in `extra` holds
    REPEAT = 7      # a count, then the steps up to `end` for each item, the item in register `target`
    EXTEND = 8      # the same for items that are there already
    MAYBE = 9       # 1 or 0, then after a 1 the steps up to `end` for the nested message


cpdef enum Condition:
    """The test of a WHEN step."""
    PRESENT = 1
    AMONG = 2
    POSITIVE = 3


cdef enum Unset:
    ZERO = 0
    EMPTY = 1
    MAX = 2
    MINUS_ONE = 3
    MINUS_TWO = 4
    NEGATIVE = 5

cdef dict UNSET_CODES = {
    "zero": ZERO, "empty": EMPTY, "max": MAX, "-1": MINUS_ONE, "-2": MINUS_TWO, "negative": NEGATIVE}

cdef enum Spelling:
    USUAL = 0
    ESCAPED = 1         # ASCII, \uXXXX for the rest
    WORD = 2            # true or false
    AND_OR = 3          # a or o
    PLAIN = 4           # a number without a trailing .0
    PAIRS = 5           # tags as a count, then tag and value as two fields each
    COUNTED = 6         # tags as a count and then the usual text

cdef dict SPELLINGS = {"": USUAL, "esc": ESCAPED, "word": WORD, "a|o": AND_OR, "plain": PLAIN, "pairs": PAIRS,
                       "counted": COUNTED}


cdef class Plan:
    """How one message is written and read at one server version, on one wire."""
    cdef readonly object cls
    cdef readonly bytes message_id
    cdef readonly tuple gates
    cdef readonly int64_t extra_fields      # text fields that came after the last one known
    cdef readonly int server_version
    cdef bint outgoing

    def encode(self, Message message not None):
        """The payload; VersionError or ValueError before anything is sent."""
        cdef Buffer out = Buffer()
        out.put(self.message_id)
        self.write(message, out)
        return out.take()

    def decode(self, bytes payload not None, Py_ssize_t start):
        """The message whose body begins at ``start``."""
        cdef Cursor cur
        cur.start = payload
        cur.pos = cur.start + start
        cur.end = cur.start + len(payload)
        return self.read(&cur)

    cdef int write(self, Message message, Buffer out) except -1:
        raise NotImplementedError

    cdef Message read(self, Cursor *cur):
        raise NotImplementedError

    cdef int check_gates(self, Message message) except -1:
        """Refuse what is set although this server version cannot carry it."""
        for slots, name, since in self.gates:
            given = message
            for slot in slots:
                if given is not None:
                    given = (<Message?>given).values[slot]
            if given is not None and given != 0 and given != "" and given != [] and given != {}:
                raise VersionError(f"{self.cls.__name__}.{name}", since, self.server_version)
        return 0


# --------------------------------------------------------------------------------------------------- text

cdef struct Instruction:
    int op
    int kind
    int register
    int slot
    int target
    int end
    int unset
    int spelling


cdef class TextPlan(Plan):
    """NUL-ended fields in the order of a layout."""
    cdef Instruction *steps
    cdef int count
    cdef list extras
    cdef list names

    def __init__(self, cls, bytes message_id, bint outgoing, steps, int registers, tuple gates, int server_version):
        cdef int i
        if registers > MAX_REGISTERS:
            raise ValueError(f"{cls.__name__}: a layout may open {MAX_REGISTERS} messages, not {registers}")
        self.cls, self.message_id, self.outgoing, self.gates = cls, message_id, outgoing, gates
        self.server_version = server_version
        self.count = len(steps)
        self.steps = <Instruction *>PyMem_Malloc(max(1, self.count) * sizeof(Instruction))
        if self.steps == NULL:
            raise MemoryError
        self.extras, self.names = [], []
        for i, step in enumerate(steps):
            self.steps[i] = Instruction(step.op, step.kind, step.register, step.slot, step.target, step.end,
                                        UNSET_CODES[step.unset], SPELLINGS[step.wire])
            self.extras.append(step.extra)
            self.names.append(step.name)

    def __dealloc__(self):
        PyMem_Free(self.steps)

    # -- reading

    cdef Message read(self, Cursor *cur):
        cdef PyObject *registers[MAX_REGISTERS]
        cdef Message message = blank(self.cls)
        registers[0] = <PyObject *>message.values
        self.read_steps(cur, registers, 0, self.count)
        while cur.pos < cur.end:
            self.extra_fields += 1
            if not skip_field(cur):
                break
        return message

    cdef int read_steps(self, Cursor *cur, PyObject **registers, int i, int end) except -1:
        cdef Instruction *step
        cdef list values
        cdef Message inner
        while i < end:
            step = self.steps + i
            if step.op == Op.FIELD:
                values = <list>registers[step.register]
                values[step.slot] = self.read_value(cur, step, i)
            elif step.op == Op.CONST:
                if not skip_field(cur):
                    self.refuse(cur, i, "the message ends here")
            elif step.op == Op.ENTER:
                values = <list>registers[step.register]
                if values[step.slot] is None:
                    values[step.slot] = blank(self.extras[i])
                inner = <Message>values[step.slot]
                registers[step.target] = <PyObject *>inner.values
            elif step.op == Op.WHEN:
                if holds(self.extras[i], step.kind, (<list>registers[step.register])[step.slot]):
                    self.read_steps(cur, registers, i + 1, step.end)
                i = step.end
                continue
            elif step.op == Op.LIST:
                (<list>registers[step.register])[step.slot] = self.read_list(cur, step, i)
            elif step.op == Op.REPEAT or step.op == Op.EXTEND:
                self.read_repeat(cur, registers, step, i)
                i = step.end
                continue
            elif step.op == Op.MASK:
                self.read_mask(cur, registers, step, i)
            else:   # Op.MAYBE
                if self.read_count(cur, i) != 0:
                    inner = blank(self.extras[i])
                    (<list>registers[step.register])[step.slot] = inner
                    registers[step.target] = <PyObject *>inner.values
                    self.read_steps(cur, registers, i + 1, step.end)
                i = step.end
                continue
            i += 1
        return 0

    cdef int read_repeat(self, Cursor *cur, PyObject **registers, Instruction *step, int i) except -1:
        cdef list values = <list>registers[step.register]
        cdef list items
        cdef Message item
        cdef int64_t n, count = self.read_count(cur, i)
        if values[step.slot] is None:
            values[step.slot] = []
        items = values[step.slot]
        for n in range(count):
            if step.op == Op.EXTEND and n < len(items):
                item = <Message>items[n]
            else:
                item = blank(self.extras[i])
                items.append(item)
            registers[step.target] = <PyObject *>item.values
            self.read_steps(cur, registers, i + 1, step.end)
        return 0

    cdef int read_mask(self, Cursor *cur, PyObject **registers, Instruction *step, int i) except -1:
        cdef int64_t bits = 0
        cdef Message flags
        if not take_int(cur, &bits):
            self.refuse(cur, i, "not an integer")
        cls, slots = self.extras[i]
        flags = blank(cls)
        for slot in slots:
            flags.values[slot] = bits & 1 != 0
            bits >>= 1
        (<list>registers[step.register])[step.slot] = flags
        return 0

    cdef list read_list(self, Cursor *cur, Instruction *step, int i):
        cdef int64_t _n, count = self.read_count(cur, i)
        return [self.read_value(cur, step, i) for _n in range(count)]

    cdef int64_t read_count(self, Cursor *cur, int i) except -1:
        """A count of items; each takes at least one byte, so a count beyond the payload is refused at once."""
        cdef int64_t count = 0
        cdef const char *at = cur.pos
        if not take_int(cur, &count):
            self.refuse(cur, i, "not a count")
        if count < 0 or count > cur.end - cur.pos or count > MAX_ITEMS:
            cur.pos = at
            self.refuse(cur, i, f"a count of {count} in {cur.end - at} bytes")
        return count

    cdef object read_value(self, Cursor *cur, Instruction *step, int i):
        cdef const char *stop
        cdef int64_t integer = 0
        cdef double number
        cdef int kind = step.kind
        cdef bint unset_if_empty = step.unset != ZERO or kind == Kind.STRING or kind == Kind.DECIMAL
        if unset_if_empty and cur.pos < cur.end and cur.pos[0] == 0:
            cur.pos += 1
            return None
        if kind == Kind.INT or kind == Kind.LONG:
            if not take_int(cur, &integer):
                self.refuse(cur, i, "not an integer")
            return read_integer(integer, kind == Kind.LONG)
        stop = field_end(cur)
        if stop == NULL:
            self.refuse(cur, i, "the message ends here")
        if kind == Kind.STRING:
            value = text_of(cur.pos, stop - cur.pos)
            if step.spelling == ESCAPED:
                value = unescape(value)
        elif kind == Kind.FLOAT:
            if stop == cur.pos:
                value = 0.0
            else:
                number = self.read_float(cur, stop, i)
                if number == UNSET_FLOAT or (number < 0 and not_computed(number, step.unset)):
                    value = None
                else:
                    value = number
        elif kind == Kind.DECIMAL:
            value = exact(cur.pos, stop - cur.pos)
            if value is NotImplemented:
                self.refuse(cur, i, "not a decimal number")
        elif kind == Kind.BOOL:
            value = self.read_bool(cur, stop, step, i)
        else:
            return self.read_tags(cur, step, i)
        cur.pos = stop + 1
        return value

    cdef double read_float(self, Cursor *cur, const char *stop, int i) except? -1.25:
        cdef double number = 0
        cdef Number outcome = parse_float(cur.pos, stop, &number)
        if outcome == NEEDS_CARE:
            if careful_float(cur.pos, stop, &number):
                return number
            self.refuse(cur, i, "out of the range of a double")
        if outcome == NOT_A_NUMBER:
            self.refuse(cur, i, "not a number")
        return number

    cdef object read_bool(self, Cursor *cur, const char *stop, Instruction *step, int i):
        cdef Cursor copy = cur[0]
        cdef int64_t integer = 0
        cdef Py_ssize_t size = stop - cur.pos
        if step.spelling == AND_OR:
            if size == 1 and (cur.pos[0] == c'a' or cur.pos[0] == c'o'):
                return cur.pos[0] == c'a'
            self.refuse(cur, i, "neither a nor o")
        if size == 4 and memcmp(cur.pos, b"true", 4) == 0:
            return True
        if size == 5 and memcmp(cur.pos, b"false", 5) == 0:
            return False
        if not take_int(&copy, &integer):
            self.refuse(cur, i, "not a boolean")
        return integer != 0

    cdef object read_tags(self, Cursor *cur, Instruction *step, int i):
        cdef dict tags = {}
        cdef int64_t _n, count
        if step.spelling == PAIRS:
            count = self.read_count(cur, i)
            for _n in range(count):
                tag = self.read_text(cur, i)
                tags[tag] = self.read_text(cur, i)
            return tags
        if step.spelling == COUNTED:
            self.read_count(cur, i)
        for pair in self.read_text(cur, i).split(";"):
            if pair:
                tag, _, value = pair.partition("=")
                tags[tag] = value
        return tags

    cdef str read_text(self, Cursor *cur, int i):
        cdef const char *stop = field_end(cur)
        if stop == NULL:
            self.refuse(cur, i, "the message ends here")
        text = text_of(cur.pos, stop - cur.pos)
        cur.pos = stop + 1
        return text

    cdef int refuse(self, const Cursor *cur, int i, str reason) except -1:
        if field_end(cur) == NULL:
            reason = "the message ends here"
        raise DecodeError(self.cls.__name__, self.names[i], cur.pos - cur.start, reason,
                          cur.start[:cur.end - cur.start])

    # -- writing

    cdef int write(self, Message message, Buffer out) except -1:
        cdef PyObject *registers[MAX_REGISTERS]
        if self.gates:
            self.check_gates(message)
        registers[0] = <PyObject *>message.values
        self.write_steps(out, registers, 0, self.count)
        return 0

    cdef int write_steps(self, Buffer out, PyObject **registers, int i, int end) except -1:
        cdef Instruction *step
        while i < end:
            step = self.steps + i
            value = None
            if step.op != Op.CONST and registers[step.register] != NULL:
                value = (<list>registers[step.register])[step.slot]
            if step.op == Op.FIELD:
                self.write_value(out, value, step, i)
            elif step.op == Op.CONST:
                out.put(<bytes>self.extras[i])
            elif step.op == Op.ENTER:
                registers[step.target] = NULL if value is None else self.inside(value, i)
            elif step.op == Op.WHEN:
                if holds(self.extras[i], step.kind, value):
                    self.write_steps(out, registers, i + 1, step.end)
                i = step.end
                continue
            elif step.op == Op.LIST:
                items = value or []
                out.put(b"%d\0" % len(items))
                for item in items:
                    self.write_value(out, item, step, i)
            elif step.op == Op.MASK:
                out.put(b"%d\0" % (0 if value is None else mask_bits(<list>self.inside(value, i), self.extras[i][1])))
            elif step.op == Op.MAYBE:
                out.put(b"0\0" if value is None else b"1\0")
                if value is not None:
                    registers[step.target] = self.inside(value, i)
                    self.write_steps(out, registers, i + 1, step.end)
                i = step.end
                continue
            else:   # Op.REPEAT, Op.EXTEND
                self.write_repeat(out, registers, value or [], i)
                i = step.end
                continue
            i += 1
        return 0

    cdef int write_repeat(self, Buffer out, PyObject **registers, object items, int i) except -1:
        cdef Instruction *step = self.steps + i
        if step.op == Op.EXTEND and not self.extends(items, i):
            items = []
        out.put(b"%d\0" % len(items))
        for item in items:
            registers[step.target] = self.inside(item, i)
            self.write_steps(out, registers, i + 1, step.end)
        return 0

    cdef bint extends(self, object items, int i) except -1:
        """Whether any item has something in the fields that an EXTEND step writes."""
        cdef int j
        for j in range(i + 1, self.steps[i].end):
            for item in items:
                if (<list>self.inside(item, i))[self.steps[j].slot] is not None:
                    return True
        return False

    cdef PyObject *inside(self, object value, int i) except NULL:
        """The values of a nested message, which its parent keeps alive."""
        cdef Message message
        if not isinstance(value, Message):
            raise self.bad_value(i, value, "not a message")
        message = <Message>value
        return <PyObject *>message.values

    cdef object bad_value(self, int i, object value, str reason):
        return ValueError(f"{self.cls.__name__}.{self.names[i]}: {reason}: {value!r}")

    cdef int write_value(self, Buffer out, object value, Instruction *step, int i) except -1:
        if value is None and self.outgoing and step.op == Op.FIELD:
            value = self.extras[i]
        if value is None or (step.kind == Kind.FLOAT and value != value):
            out.put(unset_text(step))
            out.put(b"\0")
            return 0
        if step.kind == Kind.TAGS:
            return self.write_tags(out, value, step, i)
        try:
            text = text_for(value, step)
        except (TypeError, ValueError, OverflowError, InvalidOperation) as error:
            raise self.bad_value(i, value, str(error) or type(error).__name__) from None
        self.write_text(out, text, i)
        return 0

    cdef int write_tags(self, Buffer out, object tags, Instruction *step, int i) except -1:
        try:
            pairs = list(tags.items())
        except AttributeError:
            raise self.bad_value(i, tags, "not a dict of tags") from None
        if step.spelling == PAIRS:
            out.put(b"%d\0" % len(pairs))
            for tag, value in pairs:
                self.write_text(out, str(tag), i)
                self.write_text(out, str(value), i)
            return 0
        if step.spelling == COUNTED:
            out.put(b"%d\0" % len(pairs))
        self.write_text(out, "".join([f"{tag}={value};" for tag, value in pairs]), i)
        return 0

    cdef int write_text(self, Buffer out, str text, int i) except -1:
        cdef Py_ssize_t size
        cdef const char *at
        try:
            at = PyUnicode_AsUTF8AndSize(text, &size)
        except UnicodeEncodeError:
            raise self.bad_value(i, text, "not a Unicode text") from None
        if memchr(at, 0, size) != NULL:
            raise self.bad_value(i, text, "a NUL would end the field")
        if self.outgoing and not sendable(at, size):
            raise self.bad_value(i, text, "requests must be printable ASCII (IB error 579)")
        out.put_chars(at, size)
        out.put(b"\0")
        return 0


cdef bint not_computed(double number, int unset) noexcept nogil:
    """-1 stands for a price or dividend that was not computed, -2 for a greek, any negative for a volatility."""
    if unset == NEGATIVE:
        return number < 0
    return (unset == MINUS_ONE and number == -1) or (unset == MINUS_TWO and number == -2)


cdef bint sendable(const char *at, Py_ssize_t size) noexcept:
    cdef Py_ssize_t i
    for i in range(size):
        if not (32 <= at[i] <= 126 or at[i] == c'\t' or at[i] == c'\n' or at[i] == c'\r'):
            return False
    return True


cdef bint holds(object test, int kind, object value) except -1:
    condition, among = test
    if value is None:
        return condition == Condition.AMONG and kind == Kind.INT and "0" in among     # unset is written as 0
    if condition == Condition.PRESENT:
        return bool(value)
    if condition == Condition.POSITIVE:
        return value > 0
    if isinstance(value, float):
        value = "Infinity" if value == float("inf") else repr(value)
    return str.__str__(value) in among if isinstance(value, str) else str(int(value)) in among


cdef object read_integer(int64_t value, bint is_long):
    if value == UNSET_LONG or (value == UNSET_INT and not is_long):
        return None
    return PyLong_FromLongLong(value)


cdef str text_of(const char *at, Py_ssize_t size):
    """UTF-8; what is not shows its bytes as ``\\xNN``, because a broken name must not cost the message."""
    return PyUnicode_DecodeUTF8(at, size, b"backslashreplace")


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
    if (size >= 10 or size == 3) and text in UNSET_DECIMALS:
        return None
    for i in range(size):
        if not (c'0' <= at[i] <= c'9' or at[i] in b"+-.eE"):
            return NotImplemented
    try:
        return Decimal(text)
    except InvalidOperation:
        return NotImplemented


cdef bint careful_float(const char *at, const char *stop, double *out) except -1:
    """The nearest double, by Python's own correctly rounding reader; False when it overflows."""
    cdef bytes text = at[:stop - at]
    try:
        out[0] = PyOS_string_to_double(text, NULL, OverflowError)
    except OverflowError:
        return False
    return True


cdef bytes unset_text(Instruction *step):
    if step.unset == EMPTY:
        return b""
    if step.unset == MAX:
        return UNSET_TEXT.get(step.kind, b"")
    if step.unset == MINUS_ONE or step.unset == NEGATIVE:
        return b"-1"
    if step.unset == MINUS_TWO:
        return b"-2"
    if step.spelling == WORD:
        return b"false"
    if step.spelling == AND_OR:
        return b"o"
    if step.spelling == COUNTED or step.spelling == PAIRS:
        return b"0" if step.spelling == PAIRS else b"0\0"
    return b"0" if step.spelling == PLAIN else ZERO_TEXT[step.kind]


cdef str text_for(object value, Instruction *step):
    """The field as text; TypeError or ValueError says what is wrong with the value."""
    cdef int kind = step.kind
    if kind == Kind.STRING:
        if not isinstance(value, str):
            raise TypeError("not a text")
        text = str.__str__(value)
        return escape(text) if step.spelling == ESCAPED else text
    if kind == Kind.INT or kind == Kind.LONG:
        return str(checked_integer(value, kind))
    if kind == Kind.FLOAT:
        return float_text(float(value), step.spelling == PLAIN)
    if kind == Kind.DECIMAL:
        return format(checked_decimal(value), "f")
    if step.spelling == WORD:
        return "true" if value else "false"
    if step.spelling == AND_OR:
        return "a" if value else "o"
    return "1" if value else "0"


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


cdef object checked_decimal(object value):
    """Decimals as they are; floats by their shortest spelling, so that 0.1 stays 0.1."""
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, float):
        number = Decimal(repr(float(value)))
    else:
        number = Decimal(value)
    if not number.is_finite():
        raise ValueError("not a finite number")
    return number


cdef str float_text(double value, bint plain):
    if value == INFINITY:
        return "Infinity"
    if value == -INFINITY:
        return "-Infinity"
    if plain and value == <int64_t>value:
        return str(<int64_t>value)
    return repr(value)


cdef int64_t mask_bits(list flags, tuple slots) except -1:
    cdef int64_t bits = 0
    cdef int i
    for i, slot in enumerate(slots):
        if flags[slot]:
            bits |= 1 << i
    return bits


# ------------------------------------------------------------------------------------------------ protobuf

cdef struct Slot:
    int index       # -1 for a number that the class does not have
    int kind
    int unset
    bint repeated


@cython.internal
cdef class Shape:
    """A message class as protobuf sees it: its fields by number."""
    cdef object cls
    cdef list fields        # Field, by slot
    cdef list shapes        # Shape of nested messages, by slot
    cdef Slot *slots        # by field number
    cdef int highest

    def __cinit__(self, cls):
        cdef int number
        self.cls = cls
        self.fields = list(cls.__fields__.values())
        self.shapes = [None if field.type is None else shape_of(field.type) for field in self.fields]
        self.highest = max([field.number for field in self.fields], default=0)
        self.slots = <Slot *>PyMem_Malloc((self.highest + 1) * sizeof(Slot))
        if self.slots == NULL:
            raise MemoryError
        for number in range(self.highest + 1):
            self.slots[number].index = -1
        for field in self.fields:
            if field.number:
                self.slots[<int>field.number] = Slot(
                    field.index, field.kind, UNSET_CODES[field.unset], field.repeated)

    def __dealloc__(self):
        PyMem_Free(self.slots)

    # -- reading

    cdef Message read(self, Cursor *cur):
        cdef Message message = blank(self.cls)
        cdef list values = message.values
        cdef uint64_t key = 0
        cdef Slot *slot
        while cur.pos < cur.end:
            if not take_varint(cur, &key) or key >> 3 == 0:
                self.refuse(cur, "key", "not a field key")
            if key >> 3 > <uint64_t>self.highest or self.slots[key >> 3].index < 0:
                if not skip_value(cur, key & 7):
                    self.refuse(cur, f"field {key >> 3}", "an unknown field that does not end")
                continue
            slot = self.slots + (key >> 3)
            if slot.kind == Kind.TAGS:
                self.read_tag(cur, slot, key & 7, values)
            elif slot.repeated:
                self.read_item(cur, slot, key & 7, values)
            else:
                values[slot.index] = self.read_value(cur, slot, key & 7)
        return message

    cdef object read_value(self, Cursor *cur, Slot *slot, int wire_type):
        cdef uint64_t varint = 0
        cdef double number
        cdef Cursor inside
        cdef int kind = slot.kind
        if kind == Kind.INT or kind == Kind.LONG or kind == Kind.BOOL:
            if wire_type != VARINT or not take_varint(cur, &varint):
                self.refuse_value(cur, slot, wire_type, VARINT)
            if kind == Kind.BOOL:
                return varint != 0
            return read_integer(<int64_t>varint if kind == Kind.LONG else <int32_t>varint, kind == Kind.LONG)
        if kind == Kind.FLOAT:
            if wire_type != FIXED64 or not take_double(cur, &number):
                self.refuse_value(cur, slot, wire_type, FIXED64)
            if number == UNSET_FLOAT or (number < 0 and not_computed(number, slot.unset)):
                return None
            return PyFloat_FromDouble(number)
        if wire_type != BYTES or not take_span(cur, &inside):
            self.refuse_value(cur, slot, wire_type, BYTES)
        if kind == Kind.STRING:
            return text_of(inside.pos, inside.end - inside.pos)
        if kind == Kind.DECIMAL:
            value = exact(inside.pos, inside.end - inside.pos)
            if value is NotImplemented:
                self.refuse(&inside, self.name(slot), "not a decimal number")
            return value
        return (<Shape>self.shapes[slot.index]).read_inside(&inside, cur)

    cdef Message read_inside(self, Cursor *inside, const Cursor *outer):
        try:
            return self.read(inside)
        except DecodeError as error:
            payload = outer.start[:outer.end - outer.start]
            raise DecodeError(error.message, error.field, error.offset, error.reason, payload) from None

    cdef int read_item(self, Cursor *cur, Slot *slot, int wire_type, list values) except -1:
        cdef Cursor inside
        cdef int single
        if values[slot.index] is None:
            values[slot.index] = []
        items = <list>values[slot.index]
        if wire_type == BYTES and slot.kind in (Kind.INT, Kind.LONG, Kind.BOOL, Kind.FLOAT):
            if not take_span(cur, &inside):
                self.refuse_value(cur, slot, wire_type, BYTES)
            single = FIXED64 if slot.kind == Kind.FLOAT else VARINT
            while inside.pos < inside.end:
                items.append(self.read_value(&inside, slot, single))
        else:
            items.append(self.read_value(cur, slot, wire_type))
        return 0

    cdef int read_tag(self, Cursor *cur, Slot *slot, int wire_type, list values) except -1:
        cdef Cursor inside, text
        cdef uint64_t key = 0
        cdef str tag = "", value = ""
        text.pos = text.end = NULL
        if wire_type != BYTES or not take_span(cur, &inside):
            self.refuse_value(cur, slot, wire_type, BYTES)
        while inside.pos < inside.end:
            if not take_varint(&inside, &key) or key >> 3 == 0:
                self.refuse(&inside, self.name(slot), "not a field key")
            if key == (1 << 3 | BYTES) or key == (2 << 3 | BYTES):
                if not take_span(&inside, &text):
                    self.refuse(&inside, self.name(slot), "a text that does not end")
                if key >> 3 == 1:
                    tag = text_of(text.pos, text.end - text.pos)
                else:
                    value = text_of(text.pos, text.end - text.pos)
            elif not skip_value(&inside, key & 7):
                self.refuse(&inside, self.name(slot), "an unknown field that does not end")
        if values[slot.index] is None:
            values[slot.index] = {}
        (<dict>values[slot.index])[tag] = value
        return 0

    cdef str name(self, Slot *slot):
        return (<Field>self.fields[slot.index]).name

    cdef int refuse_value(self, const Cursor *cur, Slot *slot, int found, int wanted) except -1:
        if found != wanted:
            self.refuse(cur, self.name(slot), f"wire type {found} where {wanted} belongs")
        self.refuse(cur, self.name(slot), "the message ends here")

    cdef int refuse(self, const Cursor *cur, str name, str reason) except -1:
        raise DecodeError(self.cls.__name__, name, cur.pos - cur.start, reason, cur.start[:cur.end - cur.start])

    # -- writing

    cdef int write(self, list values, Buffer out, bint outgoing) except -1:
        cdef Field field
        for field in self.fields:
            value = values[field.index]
            if value is None and outgoing:
                value = field.default
            if value is None or field.number == 0:
                continue
            try:
                if field.kind == Kind.TAGS:
                    for tag, text in value.items():
                        write_tag(out, field.number, str(tag), str(text))
                elif not field.repeated:
                    self.write_value(out, field, value, outgoing)
                elif field.kind in (Kind.INT, Kind.LONG, Kind.FLOAT, Kind.BOOL):
                    self.write_packed(out, field, value)
                else:
                    for item in value:
                        self.write_value(out, field, item, outgoing)
            except (TypeError, AttributeError, OverflowError, InvalidOperation, UnicodeEncodeError) as error:
                raise ValueError(
                    f"{self.cls.__name__}.{field.name}: {error or type(error).__name__}: {value!r}") from None
        return 0

    cdef int write_value(self, Buffer out, Field field, object value, bint outgoing) except -1:
        cdef Py_ssize_t start
        if field.kind == Kind.MESSAGE:
            out.put_key(field.number, BYTES)
            start = out.used
            (<Shape>self.shapes[field.index]).write((<Message?>value).values, out, outgoing)
            out.close_span(start)
        elif field.kind == Kind.STRING or field.kind == Kind.DECIMAL:
            if field.kind == Kind.DECIMAL:
                value = format(self.checked(field, value), "f")
            elif not isinstance(value, str):
                raise TypeError("not a text")
            out.put_key(field.number, BYTES)
            out.put_text(value)
        elif field.kind == Kind.FLOAT:
            if value == value:
                out.put_key(field.number, FIXED64)
                out.put_double(value)
        else:
            out.put_key(field.number, VARINT)
            self.write_varint(out, field, value)
        return 0

    cdef int write_packed(self, Buffer out, Field field, object items) except -1:
        cdef Py_ssize_t start
        if not items:
            return 0
        out.put_key(field.number, BYTES)
        start = out.used
        for item in items:
            if field.kind == Kind.FLOAT:
                out.put_double(item)
            else:
                self.write_varint(out, field, item)
        out.close_span(start)
        return 0

    cdef int write_varint(self, Buffer out, Field field, object value) except -1:
        if field.kind == Kind.BOOL:
            out.put_varint(1 if value else 0)
        else:
            out.put_varint(<uint64_t><int64_t>self.checked(field, value))
        return 0

    cdef object checked(self, Field field, object value):
        try:
            return checked_decimal(value) if field.kind == Kind.DECIMAL else checked_integer(value, field.kind)
        except ValueError as error:
            raise ValueError(f"{self.cls.__name__}.{field.name}: {error}: {value!r}") from None


cdef dict SHAPES = {}


cdef Shape shape_of(object cls):
    shape = SHAPES.get(cls)
    if shape is None:
        shape = SHAPES[cls] = Shape(cls)
    return shape


cdef int write_tag(Buffer out, int number, str tag, str value) except -1:
    cdef Py_ssize_t start
    out.put_key(number, BYTES)
    start = out.used
    out.put_key(1, BYTES)
    out.put_text(tag)
    out.put_key(2, BYTES)
    out.put_text(value)
    out.close_span(start)
    return 0


cdef class ProtobufPlan(Plan):
    """Fields by number; absent is unset."""
    cdef Shape shape

    def __init__(self, cls, bytes message_id, bint outgoing, tuple gates, int server_version):
        self.cls, self.message_id, self.outgoing, self.gates = cls, message_id, outgoing, gates
        self.server_version = server_version
        self.shape = shape_of(cls)

    cdef Message read(self, Cursor *cur):
        return self.shape.read(cur)

    cdef int write(self, Message message, Buffer out) except -1:
        if self.gates:
            self.check_gates(message)
        return self.shape.write(message.values, out, self.outgoing)
