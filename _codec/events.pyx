# Records as objects, for those who want objects: a pointer into its batch, fields are read when they are asked for.

cdef enum FieldCode:
    INT64_FIELD, INT32_FIELD, UINT16_FIELD, UINT8_FIELD, FLOAT_FIELD, CODE_FIELD, TEXT_FIELD

cdef extern from *:
    """
    static PyObject *new_event(PyTypeObject *cls, PyObject *args, PyObject *kwargs) {
        return cls->tp_new(cls, args, kwargs);      /* without a look at what __new__ may be */
    }
    """
    Event new_event(PyTypeObject *cls, tuple args, PyObject *kwargs)

cdef dict FIELD_CODES = {"<i8": INT64_FIELD, "<i4": INT32_FIELD, "<u2": UINT16_FIELD, "|u1": UINT8_FIELD,
                         "<f8": FLOAT_FIELD}
cdef tuple NOTHING = ()


cdef class EventField:
    """One field of an event class: where a record has it. ``codes`` names what its integers stand for."""
    cdef readonly str name
    cdef Py_ssize_t offset
    cdef FieldCode code
    cdef Codes codes

    def __init__(self, str name, dtype not None, Codes codes=None):
        kind, self.offset = dtype.fields[name][:2]
        self.name = name
        self.codes = codes
        self.code = FIELD_CODES[kind.str]
        if codes is not None:
            self.code = CODE_FIELD
        elif name == "text":
            self.code = TEXT_FIELD

    def __get__(self, Event event, owner):
        cdef const char *at
        cdef uint16_t code
        if event is None:
            return self
        at = event.row + self.offset
        if self.code == FLOAT_FIELD:
            return (<const double *>at)[0]
        if self.code == INT64_FIELD:
            return (<const int64_t *>at)[0]
        if self.code == INT32_FIELD:
            return (<const int32_t *>at)[0]
        if self.code == UINT16_FIELD:
            return (<const uint16_t *>at)[0]
        if self.code == UINT8_FIELD:
            return (<const uint8_t *>at)[0]
        if self.code == TEXT_FIELD:
            return event.text
        code = (<const uint16_t *>at)[0]
        return self.codes.names[code] if code < len(self.codes.names) else None

    def __set__(self, Event event, value):
        raise AttributeError(f"{self.name}: an event cannot be changed")


@cython.no_gc
cdef class Event:
    """One record as an object. It keeps the batch alive that it is a part of; events with the same values are equal."""
    cdef object batch           # an array, no part of any cycle
    cdef const char *row
    cdef object text

    def to_dict(self):
        """The fields by name."""
        return {name: getattr(self, name) for name in type(self).FIELDS}

    def __iter__(self):
        return iter([getattr(self, name) for name in type(self).FIELDS])

    def __eq__(self, other):
        return tuple(self) == tuple(other) if type(self) is type(other) else NotImplemented

    def __hash__(self):
        return hash(tuple(self))

    def __repr__(self):
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).FIELDS)
        return f"{type(self).__name__}({values})"


cdef class Events:
    """The records of a batch as objects of ``cls``, one after the other; ``texts`` has what text fields say."""
    cdef object batch
    cdef object cls
    cdef list texts
    cdef const char *row
    cdef const char *end
    cdef Py_ssize_t size
    cdef Py_ssize_t next_text

    def __init__(self, cls not None, batch not None, list texts=None):
        cdef const uint8_t[::1] memory
        if not issubclass(cls, Event):
            raise TypeError(f"{cls.__name__} is no class of events")
        self.batch, self.cls, self.texts = np.ascontiguousarray(batch), cls, texts
        self.size = self.batch.dtype.itemsize
        if len(self.batch):
            memory = self.batch.view(np.uint8)
            self.row = <const char *>&memory[0]
            self.end = self.row + memory.shape[0]

    def __iter__(self):
        return self

    def __next__(self):
        if self.row == self.end:
            raise StopIteration
        cdef Event event = new_event(<PyTypeObject *>self.cls, NOTHING, NULL)
        event.batch = self.batch
        event.row = self.row
        self.row += self.size
        if self.texts is not None:
            event.text = self.texts[self.next_text]
            self.next_text += 1
        return event
