# Records as objects, for those who want them: each has a copy of its record, fields are made when they are asked for.
#
# Who takes one object after the other mostly lets go of it soon: the objects of a batch are two in turn, for as long as
# nobody else holds the one whose turn it is. So none is made or freed in a loop that only looks at them.

cdef enum FieldCode:
    INT64_FIELD, INT32_FIELD, UINT16_FIELD, UINT8_FIELD, FLOAT_FIELD, CODE_FIELD, TEXT_FIELD

cdef enum:
    EVENT_BYTES = 80            # of the largest record that has a class of events
    MOST_FIELDS = 16

cdef extern from *:
    """
    static PyObject *new_event(PyTypeObject *cls, PyObject *args, PyObject *kwargs) {
        return cls->tp_new(cls, args, kwargs);      /* without a look at what __new__ may be */
    }

    /* What `await` is given by an awaitable that need not wait travels in a StopIteration. One does for all, unless
       somebody has kept it: to make one for each event would cost more than the event. Takes the reference to value. */
    static PyObject *stop_with(PyObject **kept, PyObject *value) {
        PyStopIterationObject *stop = (PyStopIterationObject *)*kept;
        if (value == NULL)
            return NULL;
        if (stop == NULL || Py_REFCNT(stop) != 1) {
            stop = (PyStopIterationObject *)PyObject_CallNoArgs(PyExc_StopIteration);
            if (stop == NULL) {
                Py_DECREF(value);
                return NULL;
            }
            Py_XSETREF(*kept, (PyObject *)stop);
        }
        Py_CLEAR(stop->traceback);
        Py_CLEAR(stop->context);
        Py_XSETREF(stop->value, value);
        Py_INCREF(stop);
    #if PY_VERSION_HEX >= 0x030C0000
        PyErr_SetRaisedException((PyObject *)stop);
    #else
        PyErr_Restore(Py_NewRef(PyExc_StopIteration), (PyObject *)stop, NULL);
    #endif
        return NULL;
    }

    /* A class of Python's makes the garbage collector follow each of its objects. Ours refer to a text at most. */
    static void untrack(PyTypeObject *cls) {
        cls->tp_flags &= ~Py_TPFLAGS_HAVE_GC;
        cls->tp_traverse = NULL;
        cls->tp_clear = NULL;
        cls->tp_free = PyObject_Free;
        PyType_Modified(cls);
    }
    """
    void untrack(PyTypeObject *cls) noexcept
    Event new_event(PyTypeObject *cls, tuple args, PyObject *kwargs)
    PyObject *stop_with(PyObject **kept, PyObject *value) noexcept

cdef extern from "Python.h":
    object PyObject_GenericGetAttr(object it, object name)
    object PyObject_CallOneArg(object function, object argument)
    ctypedef PyObject *(*iternextfunc)(PyObject *) except? NULL
    ctypedef struct PyTypeSlots "PyTypeObject":
        iternextfunc tp_iternext

cdef dict FIELD_CODES = {"<i8": INT64_FIELD, "<i4": INT32_FIELD, "<u2": UINT16_FIELD, "|u1": UINT8_FIELD,
                         "<f8": FLOAT_FIELD}
cdef tuple NOTHING = ()


cdef class EventField:
    """One field of an event class: where a record has it. ``codes`` names what its integers stand for."""
    cdef readonly str name
    cdef Py_ssize_t offset
    cdef Py_ssize_t row_size
    cdef FieldCode code
    cdef Codes codes

    def __init__(self, str name, dtype not None, Codes codes=None):
        kind, self.offset = dtype.fields[name][:2]
        self.name = name
        self.row_size = dtype.itemsize
        self.codes = codes
        self.code = FIELD_CODES[kind.str]
        if codes is not None:
            self.code = CODE_FIELD
        elif name == "text":
            self.code = TEXT_FIELD
        if self.row_size > EVENT_BYTES:
            raise ValueError(f"a record of {self.row_size} bytes is too long for an event")

    cdef inline object read(self, Event event):
        cdef const char *at = event.row + self.offset
        cdef uint16_t code
        if self.code == FLOAT_FIELD:
            return PyFloat_FromDouble((<const double *>at)[0])
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

    def __get__(self, Event event, owner):
        return self if event is None else self.read(event)

    def __set__(self, Event event, value):
        raise AttributeError(f"{self.name}: an event cannot be changed")


@cython.internal
@cython.final
cdef class Layout:
    """The fields of a class of events, to be found by the address of their names."""
    cdef PyObject *names[MOST_FIELDS]       # names in code are interned: each text is one object
    cdef PyObject *fields[MOST_FIELDS]
    cdef Py_ssize_t count
    cdef Py_ssize_t row_size
    cdef list kept

    def __init__(self, cls):
        self.kept = [vars(cls)[name] for name in cls.FIELDS]
        self.row_size = (<EventField>self.kept[0]).row_size
        self.count = len(self.kept)
        for i, field in enumerate(self.kept):
            self.names[i] = <PyObject *>(<EventField>field).name
            self.fields[i] = <PyObject *>field

cdef dict LAYOUTS = {}      # by class; they stay, as the classes do


@cython.no_gc
cdef class Event:
    """One record as an object. Nothing can change it, and events with the same values are equal."""
    cdef PyObject *layout       # or NULL: an event that no record stands behind
    cdef object text
    cdef char row[EVENT_BYTES]

    def __getattribute__(self, name):
        cdef Layout layout = <Layout>self.layout if self.layout != NULL else None
        cdef Py_ssize_t i
        if layout is not None:
            for i in range(layout.count):
                if layout.names[i] == <PyObject *>name:
                    return (<EventField>layout.fields[i]).read(self)
        return PyObject_GenericGetAttr(self, name)

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


def without_gc(cls not None):
    """A class of events whose objects the garbage collector leaves alone; it has none yet, and no member of its own."""
    if not issubclass(cls, Event) or cls.__basicsize__ != Event.__basicsize__ or cls.__subclasses__():
        raise TypeError(f"{cls.__name__} is no plain class of events")
    untrack(<PyTypeObject *>cls)
    return cls


cdef class Events:
    """Records as objects of ``cls``, one after the other; ``source`` has the texts of L1 ticks.

    ``cls`` is a class of events or a named tuple.
    """
    cdef object cls
    cdef Layout layout          # None if there are named tuples instead
    cdef list tuples            # them, the last first
    cdef object batch
    cdef list texts             # of the rows that have one
    cdef const char *row
    cdef const char *end
    cdef Py_ssize_t next_text
    cdef Event spare            # the two that take turns
    cdef Event newest
    cdef bint is_halted

    def __init__(self, cls not None, batch=None, Rows source=None):
        self.cls = cls
        if issubclass(cls, Event):
            self.layout = LAYOUTS.get(cls)
            if self.layout is None:
                self.layout = LAYOUTS[cls] = Layout(cls)
        elif not hasattr(cls, "_make"):
            raise TypeError(f"{cls.__name__} is no class of events")
        if batch is not None:
            self.load(batch, source)

    def load(self, batch not None, Rows source=None):
        """Go on with these records."""
        cdef const uint8_t[::1] memory
        self.row = self.end = NULL
        if self.layout is None:
            self.tuples = list(map(self.cls._make, batch.tolist()[::-1]))
            return
        if batch.dtype.itemsize != self.layout.row_size:
            raise ValueError(f"batch: {batch.dtype} is not the dtype of {self.cls.__name__}")
        self.batch = np.ascontiguousarray(batch)
        if len(self.batch):
            memory = self.batch.view(np.uint8)
            self.row = <const char *>&memory[0]
            self.end = self.row + memory.shape[0]
        self.texts = None
        if source is not None and source.sink.kind == TICK_ROW:
            self.read_texts(source)

    cdef int read_texts(self, Rows source) except -1:
        """Now, because a stream forgets them."""
        cdef const char *row = self.row
        self.texts, self.next_text = [], 0
        while row != self.end:
            if (<const TickRow *>row).text:
                self.texts.append(source.text((<const TickRow *>row).text))
            row += sizeof(TickRow)
        return 0

    cdef Event take(self):
        """The next; there must be one."""
        cdef Event event = self.spare
        if event is None or references(<PyObject *>event) > 2:      # this one, and `spare`
            event = new_event(<PyTypeObject *>self.cls, NOTHING, NULL)
            event.layout = <PyObject *>self.layout
        self.spare, self.newest = self.newest, event
        if self.texts is not None:
            event.text = None
            if (<const TickRow *>self.row).text:
                event.text = self.texts[self.next_text]
                self.next_text += 1
        memcpy(event.row, self.row, self.layout.row_size)
        self.row += self.layout.row_size
        if self.row == self.end:
            self.batch = self.texts = None      # its memory can be used again
        return event

    def __iter__(self):
        return self

    def __bool__(self):
        return self.row != self.end or bool(self.tuples)

    def __next__(self):
        if self.row != self.end:
            return self.take()
        if not self.tuples:
            raise StopIteration
        return self.tuples.pop()

    def call(self, callback not None):
        """Call with one after the other, until there are no more or `halt` is called from within."""
        self.is_halted = False
        while not self.is_halted and self.row != self.end:
            PyObject_CallOneArg(callback, self.take())
        while not self.is_halted and self.tuples:
            callback(self.tuples.pop())

    def halt(self):
        """Let `call` end; what is left can still be taken."""
        self.is_halted = True


@cython.internal
@cython.final
cdef class Upcoming:
    """The next of events that need not be waited for, as `await` wants it."""
    cdef Events events
    cdef PyObject *stop         # the StopIteration that brings them

    def __dealloc__(self):
        Py_XDECREF(self.stop)

    def __await__(self):
        return self

    def __iter__(self):             # for Python 3.11, whose asyncio.ensure_future says `yield from`
        return self

    def __next__(self):
        raise StopIteration(next_upcoming(self))


cdef Upcoming upcoming_of(Events events):
    cdef Upcoming upcoming = Upcoming()
    upcoming.events = events
    return upcoming


cdef Event next_upcoming(Upcoming self):
    if self.events.row == self.events.end:
        raise RuntimeError("another task reads this stream already; open one stream for each reader")
    return self.events.take()


cdef PyObject *upcoming_iternext(PyObject *self) except? NULL:
    """`Upcoming.__next__`, quicker: what is raised in Cython gets a traceback, which takes longer than the rest."""
    cdef Event event = next_upcoming(<Upcoming>self)
    Py_INCREF(event)
    return stop_with(&(<Upcoming>self).stop, <PyObject *>event)

(<PyTypeSlots *>Upcoming).tp_iternext = upcoming_iternext


cdef class EventReader:
    """Events one by one for ``async for``: those at hand without a coroutine each, others from ``more()``."""
    cdef Events events
    cdef Upcoming upcoming
    cdef object more

    def __init__(self, Events events not None, more not None):
        self.events = events
        self.upcoming = upcoming_of(events)
        self.more = more

    def __aiter__(self):
        return self

    def __anext__(self):
        if self.events.row == self.events.end:
            return self.more()
        if references(<PyObject *>self.upcoming) != 1:      # given out and not yet awaited
            self.upcoming = upcoming_of(self.events)
        return self.upcoming

    async def aclose(self):
        """Nothing: who comes back later goes on where this one was left."""
