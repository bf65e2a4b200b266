# A message keeps its values in one list, in the order its class declares its fields. A fresh message is a
# copy of the class's blank list, and a decoder stores only what the wire carried: an open order has 180
# fields and rarely 40 values.
#
# The garbage collector sees neither the message nor its list: whoever keeps 10,000 orders would have it look at two
# million fields again and again. A message that holds itself is therefore never collected; nothing of ours makes one.


cdef inline list copy_of(list values):
    """A list of values for another message."""
    cdef list copied = values.copy()
    PyObject_GC_UnTrack(<void *>copied)
    return copied


cdef inline list blank_values(object cls):
    """The values of a message in which nothing is set."""
    return copy_of(<list>cls.__blank__)


cpdef enum Kind:
    """What a field holds, on both wires."""
    INT = 1         # 32 bits
    LONG = 2        # 64 bits
    FLOAT = 3       # IEEE double
    DECIMAL = 4     # exact; text on both wires
    STRING = 5
    BOOL = 6
    TAGS = 7        # dict of text to text
    MESSAGE = 8


cdef class Field:
    """One field of a message class: the descriptor users read and write, and what the codec must know of it.

    ``number`` is the protobuf field number (0: the field exists on the text wire only), ``since`` the first server
    version that takes it, ``unset`` how the text wire spells "not set" ("zero", "empty" or "max"). What a request
    makes of it: ``default`` is sent when the caller says nothing, ``reported`` fields are never sent with a value,
    ``explicit`` ones also when they are False or empty, ``zero_unset`` ones not when they are 0.
    """
    cdef readonly str name
    cdef readonly int index
    cdef readonly int number
    cdef readonly int kind
    cdef readonly bint repeated
    cdef readonly object type
    cdef readonly int since
    cdef readonly str unset
    cdef readonly object default
    cdef readonly bint reported
    cdef readonly bint explicit
    cdef readonly bint zero_unset

    def __init__(self, str name, int index, int number, int kind, *, bint repeated=False, object type=None,
                 int since=0, str unset="zero", object default=None, bint reported=False, bint explicit=False,
                 bint zero_unset=False):
        self.name = name
        self.index = index
        self.number = number
        self.kind = kind
        self.repeated = repeated
        self.type = type
        self.since = since
        self.unset = unset
        self.default = default
        self.reported = reported
        self.explicit = explicit
        self.zero_unset = zero_unset

    @property
    def omits(self):
        """Whether a request leaves the field out when it holds False, an empty text or, ``zero_unset``, 0."""
        return self.zero_unset or (self.kind in (Kind.BOOL, Kind.STRING) and not self.repeated and not self.explicit)

    def __get__(self, Message message, object owner):
        if message is None:
            return self
        value = message.values[self.index]
        if value is None and (self.repeated or self.kind == Kind.TAGS):
            value = [] if self.repeated else {}
            message.values[self.index] = value
        return value

    def __set__(self, Message message, object value):
        message.values[self.index] = kept(self, value)

    def __repr__(self):
        many = "list of " if self.repeated else ""
        what = self.type.__name__ if self.type is not None else Kind(self.kind).name.lower()
        return f"<field {self.name}: {many}{what}>"


@cython.no_gc
cdef class Message:
    """Base of all message classes of ``ibfast.schema``; fields are keyword arguments and attributes.

    An unset field reads as ``None``, an unset list or map as an empty one. Messages compare by value. A message that
    is made with keywords begins with the defaults that its class shows (an order's ``tif`` is DAY), one that is read
    from the wire or a copy does not.

    Raises:
        TypeError: a keyword is not a field of the class.
    """
    cdef list values

    def __cinit__(self):
        if PyObject_IS_GC(self):        # subclasses written in Python are, whatever their base is
            PyObject_GC_UnTrack(<void *>self)

    def __init__(self, **fields):
        self.values = copy_of(<list>type(self).__fresh__)
        set_fields(self, fields)

    def __getattr__(self, name):
        # Reading or writing a field by its camelCase name says how it is spelled here; nothing is searched before.
        if name.startswith("_") or name == name.lower():
            return PyObject_GenericGetAttr(self, name)  # raises what Python would, without a detour
        raise AttributeError(_no_such_field(type(self), name), name=name, obj=self)

    def __setattr__(self, name, value):
        try:
            PyObject_GenericSetAttr(self, name, value)
        except AttributeError:
            raise AttributeError(_no_such_field(type(self), name), name=name, obj=self) from None

    def replace(self, **fields):
        """A copy with these fields changed; nested messages and lists are shared with the original."""
        cls = type(self)
        cdef Message other = <Message>cls.__new__(cls)
        other.values = copy_of(self.values)
        set_fields(other, fields)
        return other

    def differences(self, Message other not None):
        """Names of the fields in which two messages of a class differ; unset, zero and empty are the same.

        Raises:
            TypeError: the messages are of two classes.
        """
        cdef Py_ssize_t i
        cdef list mine = self.values, others = other.values
        cdef list differing = []
        if type(self) is not type(other):
            raise TypeError(f"other: {type(other).__name__} is not a {type(self).__name__}")
        names = type(self).__names__
        for i in range(len(mine)):
            ours, theirs = mine[i], others[i]
            if ours is not theirs and (ours or theirs) and ours != theirs:
                differing.append(names[i])
        return differing

    def to_dict(self):
        """The fields that are set, nested messages as dicts."""
        return {name: _plain(value) for name, value in _set_fields(self)}

    def __eq__(self, other):
        if type(self) is not type(other):
            return NotImplemented
        return same_values(self.values, (<Message>other).values)

    __hash__ = None

    def __repr__(self):
        inside = ", ".join(f"{name}={value!r}" for name, value in _set_fields(self))
        return f"{type(self).__name__}({inside})"

    def __reduce__(self):
        return _restore, (type(self), dict(_set_fields(self)))

    def __deepcopy__(self, memo):
        from copy import deepcopy
        return _restore(type(self), {name: deepcopy(value, memo) for name, value in _set_fields(self)})


cdef class FieldSet:
    """Some fields of a message class, to ask whether any of them is set."""
    cdef readonly frozenset names
    cdef object cls
    cdef int *slots
    cdef int count

    def __init__(self, cls, names):
        cdef int i
        self.cls, self.names = cls, frozenset(names)
        self.count = len(self.names)
        self.slots = <int *>PyMem_Malloc(max(1, self.count) * sizeof(int))
        if self.slots == NULL:
            raise MemoryError
        for i, name in enumerate(self.names):
            self.slots[i] = (<Field?>cls.__fields__[name]).index

    def __dealloc__(self):
        PyMem_Free(self.slots)

    def any_set(self, Message message not None):
        """Whether any of them holds something, be it zero or empty."""
        cdef int i
        if not isinstance(message, self.cls):
            raise TypeError(f"a message of class {self.cls.__name__} was expected, not {message!r}")
        for i in range(self.count):
            if (<list>message.values)[self.slots[i]] is not None:
                return True
        return False


def _restore(cls, fields):
    message = blank(cls)
    set_fields(message, fields)
    return message


cdef int set_fields(Message message, dict fields) except -1:
    cls = type(message)
    for name, value in fields.items():
        field = cls.__fields__.get(name)
        if field is None:
            raise TypeError(_no_such_field(cls, name))
        message.values[(<Field>field).index] = kept(<Field>field, value)
    return 0


cdef inline object kept(Field field, object value):
    """What a message keeps of a value that it is given: Python's own type, the one that a reader of the wire makes.

    A quantity of 0.1 and the decimal that TWS reports back are then the same, and so are a price of numpy and its text
    in a journal. What is of no use for the field stays as it is; the encoder refuses it, and names the field.
    """
    cdef int kind = field.kind
    if value is None or field.repeated or kind >= Kind.TAGS:
        return value
    cls = type(value)
    if kind == Kind.FLOAT:
        return value if cls is float or cls is int else plain_number(value, float)
    if kind == Kind.DECIMAL:
        return value if cls is Decimal else plain_number(value, Decimal)
    if kind == Kind.STRING:
        return str.__str__(value) if cls is not str and isinstance(value, str) else value
    if kind == Kind.BOOL:
        return value if cls is bool or cls is int else plain_flag(value)
    return value if cls is int else plain_integer(value)


cdef bint is_flag(object value) except -1:
    return isinstance(value, (bool, np.bool_))


cdef object plain_number(object value, object kind):
    """A number by its shortest text, so that a 0.1 of 32 bits is 0.1 too; a text stays where decimals are expected."""
    if is_flag(value) or (kind is float and isinstance(value, (str, bytes))):
        return value
    try:
        number = kind(str(value))
        return number if number - number == 0 else value
    except (ValueError, ArithmeticError):   # infinity minus itself is one, as a decimal
        return value


cdef object plain_integer(object value):
    """A whole number of numpy, or of an enumeration, as Python's."""
    return value if is_flag(value) or not hasattr(value, "__index__") else operator.index(value) + 0


cdef object plain_flag(object value):
    return bool(value) if is_flag(value) else value


cdef inline bint is_set(object value):
    """Whether a field holds something; an empty list or map does not."""
    return value is not None and not (isinstance(value, (list, dict)) and not value)


cdef bint same_values(list mine, list other) except -1:
    cdef Py_ssize_t i
    for i in range(len(mine)):
        ours, theirs = mine[i], other[i]
        if ours is theirs:
            continue
        if is_set(ours) != is_set(theirs) or (is_set(ours) and ours != theirs):
            return False
    return True


cdef list _set_fields(Message message):
    """(name, value) of every field that holds something."""
    pairs = []
    for name, field in type(message).__fields__.items():
        value = message.values[(<Field>field).index]
        if is_set(value):
            pairs.append((name, value))
    return pairs


cdef object _plain(object value):
    if isinstance(value, Message):
        return value.to_dict()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


cdef str _no_such_field(object cls, str name):
    from ibfast.other_names import no_such_field
    return no_such_field(cls, name)


cdef inline Message blank(object cls):
    """A new message of this class, without the detour through its __init__."""
    cdef Message message = <Message>cls.__new__(cls)
    message.values = blank_values(cls)
    return message
