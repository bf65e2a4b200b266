# Text plans: NUL-ended fields in the order of a layout. `ibfast/schema/compile.py` makes the steps.

cdef enum:
    MAX_REGISTERS = 32      # messages that one text plan has open at a time
    MAX_ITEMS = 1_000_000   # of one list; a count beyond what the payload can hold is refused before that

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


cdef struct Instruction:
    int op
    int kind
    int register
    int slot
    int target
    int end
    int unset
    int spelling
    int condition       # of a WHEN
    int after           # the step behind it, and behind its block if it has one
    int blank           # where in `TextPlan.blanks` the text begins that it writes when nothing is set, and its length
    int blank_size
    bint omits          # empty and 0 are written as unset


cdef class TextPlan(Plan):
    """NUL-ended fields in the order of a layout."""
    cdef Instruction *steps
    cdef int count
    cdef Buffer blanks      # what unset fields are written as; those of one block stand side by side
    cdef list extras
    cdef list names

    def __init__(self, cls, bytes message_id, bint outgoing, steps, int registers, tuple gates, int server_version):
        cdef int i
        if registers > MAX_REGISTERS:
            raise ValueError(f"{cls.__name__}: a layout may open {MAX_REGISTERS} messages, not {registers}")
        self.cls, self.message_id, self.outgoing = cls, message_id, outgoing
        self.server_version = server_version
        self.set_gates(gates)
        self.count = len(steps)
        self.steps = <Instruction *>PyMem_Malloc(max(1, self.count) * sizeof(Instruction))
        if self.steps == NULL:
            raise MemoryError
        self.extras, self.names = [], []
        for i, step in enumerate(steps):
            self.steps[i] = Instruction(step.op, step.kind, step.register, step.slot, step.target, step.end,
                                        UNSET_CODES[step.unset], SPELLINGS[step.wire], 0, step.end or i + 1, 0, 0,
                                        outgoing and step.omits)
            extra = step.extra
            if step.op == Op.WHEN:
                self.steps[i].condition, extra = extra
            self.extras.append(extra)
            self.names.append(step.name)
        self.blanks = Buffer()
        self.lay_out_blanks(0, self.count)

    def __dealloc__(self):
        PyMem_Free(self.steps)

    cdef bint holds(self, const Instruction *step, int i, object value) except -1:
        """The condition of a WHEN; where texts or numbers are listed, `extras` has them as texts."""
        if value is None:
            return step.condition == Condition.AMONG and step.kind == Kind.INT and "0" in self.extras[i]  # written as 0
        if step.condition == Condition.PRESENT:
            return bool(value)
        if step.condition == Condition.POSITIVE:
            return value > 0
        if not isinstance(value, (str, float)):
            value = str(int(value))
        elif isinstance(value, float):
            value = "Infinity" if value == float("inf") else repr(value)
        elif type(value) is not str:
            value = str.__str__(value)
        return value in <frozenset>self.extras[i]

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
                if self.holds(step, i, (<list>registers[step.register])[step.slot]):
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
            value = short_text(cur.pos, stop - cur.pos)
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
        cdef Number outcome
        if stop - cur.pos == 22 and memcmp(cur.pos, b"1.7976931348623157E308", 22) == 0:    # most prices of most orders
            return UNSET_FLOAT
        outcome = parse_float(cur.pos, stop, &number)
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

    cdef int lay_out_blanks(self, int first, int end) except -1:
        """Write once what the steps of a block write when nothing is set, then what those of inner blocks do."""
        cdef Instruction *step
        cdef int i = first
        while i < end:
            step = self.steps + i
            step.blank = self.blanks.used
            if step.op != Op.ENTER and step.op != Op.WHEN:
                self.write_step(self.blanks, NULL, <PyObject *>None, i)
            step.blank_size = self.blanks.used - step.blank
            i = step.after
        i = first
        while i < end:
            self.lay_out_blanks(i + 1, self.steps[i].after)
            i = self.steps[i].after
        return 0

    cdef int write(self, Message message, Buffer out) except -1:
        cdef PyObject *registers[MAX_REGISTERS]
        if self.gates:
            self.check_gates(message)
        registers[0] = <PyObject *>message.values
        self.write_steps(out, registers, 0, self.count)
        return 0

    cdef int write_steps(self, Buffer out, PyObject **registers, int i, int end) except -1:
        """The steps of one block; what is unset side by side is one run, copied at once."""
        cdef Instruction *step
        cdef PyObject *value
        cdef int run = 0, run_end = 0
        while i < end:
            step = self.steps + i
            value = <PyObject *>None
            if step.op != Op.CONST and registers[step.register] != NULL:
                value = PyList_GET_ITEM(registers[step.register], step.slot)
                if step.omits and not <object>value:
                    value = <PyObject *>None
            if value == <PyObject *>None and step.op != Op.WHEN:
                if step.op == Op.ENTER:
                    registers[step.target] = NULL
                if step.blank != run_end:
                    out.put_chars(self.blanks.at + run, run_end - run)
                    run = step.blank
                run_end = step.blank + step.blank_size
            elif step.op == Op.ENTER:
                registers[step.target] = self.inside(<object>value, self.extras[i], i)
            elif step.op == Op.WHEN:
                if self.holds(step, i, <object>value):
                    out.put_chars(self.blanks.at + run, run_end - run)
                    run = run_end = 0
                    self.write_steps(out, registers, i + 1, step.after)
            else:
                out.put_chars(self.blanks.at + run, run_end - run)
                run = run_end = 0
                self.write_step(out, registers, value, i)
            i = step.after
        out.put_chars(self.blanks.at + run, run_end - run)
        return 0

    cdef int write_step(self, Buffer out, PyObject **registers, PyObject *given, int i) except -1:
        """A step that writes something of its own; ``given`` is None where a blank is made."""
        cdef Instruction *step = self.steps + i
        if step.op == Op.FIELD and self.write_plain(out, given, step):
            return 0
        value = <object>given
        if step.op == Op.FIELD:
            self.write_value(out, value, step, i)
        elif step.op == Op.CONST:
            out.put(<bytes>self.extras[i])
        elif step.op == Op.LIST:
            items = value or []
            out.put(b"%d\0" % len(items))
            for item in items:
                self.write_value(out, item, step, i)
        elif step.op == Op.MASK:
            cls, slots = self.extras[i]
            out.put(b"%d\0" % (0 if value is None else mask_bits(<list>self.inside(value, cls, i), slots)))
        elif step.op == Op.MAYBE:
            out.put(b"0\0" if value is None else b"1\0")
            if value is not None:
                registers[step.target] = self.inside(value, self.extras[i], i)
                self.write_steps(out, registers, i + 1, step.after)
        else:   # Op.REPEAT, Op.EXTEND
            self.write_repeat(out, registers, value or [], i)
        return 0

    cdef bint write_plain(self, Buffer out, PyObject *value, Instruction *step) except -1:
        """Write a text, number or boolean of the plainest kind; False, and nothing written, for all that needs care."""
        cdef int kind = step.kind
        cdef int64_t integer
        cdef int overflow = 0
        if kind == Kind.STRING:
            return PyUnicode_CheckExact(<object>value) and out.put_ascii_field(<object>value)
        if kind == Kind.FLOAT:
            return PyFloat_CheckExact(<object>value) and out.put_float_field(
                PyFloat_AS_DOUBLE(<object>value), step.spelling == PLAIN)
        if kind == Kind.INT or kind == Kind.LONG or kind == Kind.DECIMAL:
            if not PyLong_CheckExact(<object>value):
                return kind == Kind.DECIMAL and type(<object>value) is Decimal and out.put_decimal_field(<object>value)
            integer = PyLong_AsLongLongAndOverflow(<object>value, &overflow)
            if overflow or (kind == Kind.INT and integer != <int32_t>integer):
                return False
            return out.put_integer_field(integer)
        if kind == Kind.BOOL and step.spelling == USUAL:
            if value == <PyObject *>True or value == <PyObject *>False:
                return out.put_integer_field(value == <PyObject *>True)
        return False

    cdef int write_repeat(self, Buffer out, PyObject **registers, object items, int i) except -1:
        cdef Instruction *step = self.steps + i
        if step.op == Op.EXTEND and not self.extends(items, i):
            items = []
        out.put(b"%d\0" % len(items))
        for item in items:
            registers[step.target] = self.inside(item, self.extras[i], i)
            self.write_steps(out, registers, i + 1, step.end)
        return 0

    cdef bint extends(self, object items, int i) except -1:
        """Whether any item has something in the fields that an EXTEND step writes."""
        cdef int j
        for j in range(i + 1, self.steps[i].end):
            for item in items:
                if (<list>self.inside(item, self.extras[i], i))[self.steps[j].slot] is not None:
                    return True
        return False

    cdef PyObject *inside(self, object value, object cls, int i) except NULL:
        """The values of a nested message, which its parent keeps alive."""
        cdef Message message
        if not isinstance(value, cls):
            raise self.bad_value(i, value, f"not of class {cls.__name__}")
        message = <Message>value
        return <PyObject *>message.values

    cdef object bad_value(self, int i, object value, str reason):
        return ValueError(f"{self.cls.__name__}.{self.names[i]}: {reason}: {value!r}")

    cdef int write_value(self, Buffer out, object value, Instruction *step, int i) except -1:
        if value is None and self.outgoing and step.op == Op.FIELD:
            value = self.extras[i]
            if step.kind == Kind.FLOAT and isinstance(value, int):   # a default is spelled as it is declared
                self.write_text(out, str(value), i)
                return 0
        if value is None or (step.kind == Kind.FLOAT and value != value):
            out.put(unset_text(step, self.outgoing))
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


cdef bint sendable(const char *at, Py_ssize_t size) noexcept:
    cdef Py_ssize_t i
    for i in range(size):
        if not (32 <= at[i] <= 126 or at[i] == c'\t' or at[i] == c'\n' or at[i] == c'\r'):
            return False
    return True


cdef bytes unset_text(Instruction *step, bint outgoing):
    if step.unset == EMPTY:
        return b""
    if step.unset == MAX and step.kind == Kind.FLOAT and outgoing:
        return b"1.7976931348623157e+308"   # as Python spells it, which is how the official client sends it
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
    cdef bint flag = checked_flag(value)
    if step.spelling == WORD:
        return "true" if flag else "false"
    if step.spelling == AND_OR:
        return "a" if flag else "o"
    return "1" if flag else "0"


cdef str float_text(double value, bint plain):
    if value == INFINITY:
        return "Infinity"
    if value == -INFINITY:
        return "-Infinity"
    if plain and -1e15 < value < 1e15 and value == <int64_t>value:
        return str(<int64_t>value)
    return repr(value)


cdef int64_t mask_bits(list flags, tuple slots) except -1:
    cdef int64_t bits = 0
    cdef int i
    for i, slot in enumerate(slots):
        if flags[slot]:
            bits |= 1 << i
    return bits
