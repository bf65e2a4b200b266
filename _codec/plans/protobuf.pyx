# Protobuf plans: fields by number. A plan needs no steps, only the class. A class has one shape for requests and
# another for answers: a request carries defaults where nothing is set, leaves out False and empty texts, and never
# has a value that only answers have. All of that is worked out when the shape is made.

cdef struct Slot:
    int index       # -1 for a number that the class does not have
    int kind
    int unset
    bint repeated


cdef struct Target:
    int number
    int kind
    bint repeated
    bint reported           # never sent with a value
    bint omits              # left out when it is False, empty or, in some fields, 0
    int left_out            # where in `Shape.left_out` the bytes begin that stand for an unset field, and their number
    int left_out_size


@cython.internal
cdef class Shape:
    """A message class as protobuf sees it: its fields by number, in requests or in answers."""
    cdef object cls
    cdef bint outgoing
    cdef list blank         # what a reader starts from
    cdef list fields        # Field, by slot
    cdef list shapes        # Shape of nested messages, by slot
    cdef Buffer left_out    # defaults, as written
    cdef Slot *slots        # by field number, for readers
    cdef int highest
    cdef Target *targets    # by slot, for writers
    cdef Py_ssize_t count

    def __cinit__(self, cls, bint outgoing):
        cdef int number
        self.cls, self.outgoing = cls, outgoing
        self.fields = list(cls.__fields__.values())
        self.blank = [None] * len(self.fields)
        self.shapes = [None if field.type is None else shape_of(field.type, outgoing) for field in self.fields]
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
        self.count = len(self.fields)
        self.targets = <Target *>PyMem_Malloc(max(1, self.count) * sizeof(Target))
        if self.targets == NULL:
            raise MemoryError
        self.left_out = Buffer()
        for field in self.fields:
            self.targets[<int>field.index] = Target(field.number, field.kind, field.repeated, False, False, 0, 0)
            if outgoing:
                self.set_request_rules(field, self.targets + <int>field.index)

    cdef int set_request_rules(self, Field field, Target *target) except -1:
        target.reported, target.omits = field.reported, field.omits
        target.left_out = self.left_out.used
        if field.number and field.default is not None:
            if not self.write_plain(self.left_out, <PyObject *>field.default, target):
                self.write_field(self.left_out, field, field.default)
        target.left_out_size = self.left_out.used - target.left_out
        if field.kind == Kind.BOOL and field.omits and field.number:    # absent is what False looks like
            self.blank[field.index] = False
        return 0

    def __dealloc__(self):
        PyMem_Free(self.slots)
        PyMem_Free(self.targets)

    # -- reading

    cdef Message read(self, Cursor *cur):
        cdef Message message = <Message>self.cls.__new__(self.cls)
        cdef list values = copy_of(self.blank)
        cdef uint64_t key = 0
        cdef Slot *slot
        message.values = values
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
            return short_text(inside.pos, inside.end - inside.pos)
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

    cdef int refuse_value(self, const Cursor *cur, Slot *slot, int actual, int expected) except -1:
        if actual != expected:
            self.refuse(cur, self.name(slot), f"wire type {actual} where {expected} belongs")
        self.refuse(cur, self.name(slot), "the message ends here")

    cdef int refuse(self, const Cursor *cur, str name, str reason) except -1:
        raise DecodeError(self.cls.__name__, name, cur.pos - cur.start, reason, cur.start[:cur.end - cur.start])

    # -- writing

    cdef int write(self, list values, Buffer out) except -1:
        """The fields in declaration order; the defaults of unset fields side by side are one run, copied at once."""
        cdef Py_ssize_t i
        cdef PyObject *value
        cdef Target *target
        cdef int run = 0, run_end = 0
        for i in range(self.count):
            target = self.targets + i
            if target.number == 0:
                continue
            value = <PyObject *>None if target.reported else PyList_GET_ITEM(<PyObject *>values, i)
            if target.omits and value != <PyObject *>None and not <object>value:
                if target.kind == Kind.BOOL:
                    continue
                value = <PyObject *>None
            if value == <PyObject *>None:
                if target.left_out_size == 0:
                    continue
                if target.left_out != run_end:
                    out.put_chars(self.left_out.at + run, run_end - run)
                    run = target.left_out
                run_end = target.left_out + target.left_out_size
                continue
            if run != run_end:
                out.put_chars(self.left_out.at + run, run_end - run)
                run = run_end
            if not self.write_plain(out, value, target):
                self.write_field(out, self.fields[i], <object>value)
        if run != run_end:
            out.put_chars(self.left_out.at + run, run_end - run)
        return 0

    cdef bint write_plain(self, Buffer out, PyObject *value, const Target *target) except -1:
        """Write one text, number or boolean of the plainest kind; False, and nothing written, for all else."""
        cdef int64_t integer
        cdef int overflow = 0
        cdef int kind = 0 if target.repeated else target.kind
        if kind == Kind.INT or kind == Kind.LONG:
            if not PyLong_CheckExact(<object>value):
                return False
            integer = PyLong_AsLongLongAndOverflow(<object>value, &overflow)
            if overflow or (kind == Kind.INT and integer != <int32_t>integer):
                return False
            out.put_key(target.number, VARINT)
            out.put_varint(<uint64_t>integer)
            return True
        if kind == Kind.FLOAT and PyFloat_CheckExact(<object>value):
            if PyFloat_AS_DOUBLE(<object>value) == PyFloat_AS_DOUBLE(<object>value):
                out.put_key(target.number, FIXED64)
                out.put_double(PyFloat_AS_DOUBLE(<object>value))
            return True
        if kind == Kind.BOOL and (value == <PyObject *>True or value == <PyObject *>False):
            out.put_key(target.number, VARINT)
            out.put_varint(value == <PyObject *>True)
            return True
        if kind == Kind.STRING and PyUnicode_CheckExact(<object>value) and (<str><object>value).isascii():
            out.put_key(target.number, BYTES)
            out.put_text(<str><object>value)
            return True
        if kind == Kind.DECIMAL and (PyLong_CheckExact(<object>value) or type(<object>value) is Decimal):
            text = str(<object>value)
            if is_plain_decimal(text):
                out.put_key(target.number, BYTES)
                out.put_text(text)
                return True
        return False

    cdef int write_field(self, Buffer out, Field field, object value) except -1:
        try:
            if field.kind == Kind.TAGS:
                for tag, text in value.items():
                    write_tag(out, field.number, str(tag), str(text))
            elif not field.repeated:
                self.write_value(out, field, value)
            elif field.kind in (Kind.INT, Kind.LONG, Kind.FLOAT, Kind.BOOL):
                self.write_packed(out, field, value)
            else:
                for item in value:
                    self.write_value(out, field, item)
        except (TypeError, AttributeError, OverflowError, InvalidOperation, UnicodeEncodeError) as error:
            raise ValueError(
                f"{self.cls.__name__}.{field.name}: {error or type(error).__name__}: {value!r}") from None
        return 0

    cdef int write_value(self, Buffer out, Field field, object value) except -1:
        cdef Py_ssize_t start
        if field.kind == Kind.MESSAGE:
            if not isinstance(value, field.type):
                raise TypeError(f"not of class {field.type.__name__}")
            out.put_key(field.number, BYTES)
            start = out.used
            (<Shape>self.shapes[field.index]).write((<Message>value).values, out)
            out.close_span(start)
        elif field.kind == Kind.STRING or field.kind == Kind.DECIMAL:
            if field.kind == Kind.DECIMAL:
                value = format(self.checked(field, value), "f")
            elif not isinstance(value, str):
                raise TypeError("not a text")
            out.put_key(field.number, BYTES)
            out.put_text(<str>value)  # unchecked: an enum that is a text is none of Cython's str
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
            out.put_varint(checked_flag(value))
        else:
            out.put_varint(<uint64_t><int64_t>self.checked(field, value))
        return 0

    cdef object checked(self, Field field, object value):
        try:
            return checked_decimal(value) if field.kind == Kind.DECIMAL else checked_integer(value, field.kind)
        except ValueError as error:
            raise ValueError(f"{self.cls.__name__}.{field.name}: {error}: {value!r}") from None


cdef dict SHAPES = {}


cdef Shape shape_of(object cls, bint outgoing):
    shape = SHAPES.get((cls, outgoing))
    if shape is None:
        shape = SHAPES[cls, outgoing] = Shape(cls, outgoing)
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
        self.cls, self.message_id, self.outgoing = cls, message_id, outgoing
        self.server_version = server_version
        self.set_gates(gates)
        self.shape = shape_of(cls, outgoing)

    cdef Message read(self, Cursor *cur):
        return self.shape.read(cur)

    cdef int write(self, Message message, Buffer out) except -1:
        if self.gates:
            self.check_gates(message)
        return self.shape.write(message.values, out)
