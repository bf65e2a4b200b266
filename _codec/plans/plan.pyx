# A plan is the compiled codec of one message at one server version, on one wire. `ibfast/schema/compile.py` makes the
# steps of a text plan, `_codec/plans/text.pyx` runs them; a protobuf plan needs only the class. Frequent messages have
# plans too: for payloads that their decoder declined, and for messages without a subscriber.

cdef enum:
    MAX_DEPTH = 6           # of a field below its message


cdef struct Path:
    int depth
    int[MAX_DEPTH] slots


cdef class Plan:
    """How one message is written and read at one server version, on one wire."""
    cdef readonly object cls
    cdef readonly bytes message_id
    cdef readonly tuple gates
    cdef Path *paths                        # of the gates
    cdef readonly int64_t extra_fields      # text fields that came after the last one known
    cdef readonly int server_version
    cdef bint outgoing

    def __dealloc__(self):
        PyMem_Free(self.paths)

    cdef int set_gates(self, tuple gates) except -1:
        cdef int i, depth
        self.gates = gates
        self.paths = <Path *>PyMem_Malloc(max(1, len(gates)) * sizeof(Path))
        if self.paths == NULL:
            raise MemoryError
        for i, gate in enumerate(gates):
            slots = gate[0]
            if len(slots) > MAX_DEPTH:
                raise ValueError(f"{self.cls.__name__}.{gate[1]}: deeper than {MAX_DEPTH} messages")
            self.paths[i].depth = len(slots)
            for depth, slot in enumerate(slots):
                self.paths[i].slots[depth] = slot
        return 0

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
        cdef Py_ssize_t i
        cdef PyObject *value
        for i in range(len(self.gates)):
            value = value_at(message, self.paths + i)
            if value != NULL:
                self.check_gate(self.gates[i], <object>value)
        return 0

    cdef int check_gate(self, object gate, object value) except -1:
        _, name, since = gate
        if value is not False and not (isinstance(value, (str, list, dict)) and not value):
            raise VersionError(f"{self.cls.__name__}.{name}", since, self.server_version)
        return 0


cdef PyObject *value_at(Message message, const Path *path) except? NULL:
    """What a message has there, which it keeps alive; NULL where nothing is set, or something the writer refuses."""
    cdef PyObject *value = <PyObject *>message
    cdef int depth
    for depth in range(path.depth):
        if not isinstance(<object>value, Message):
            return NULL
        message = <Message><object>value
        if path.slots[depth] >= len(message.values):
            return NULL
        value = PyList_GET_ITEM(<PyObject *>message.values, path.slots[depth])
        if value == <PyObject *>None:
            return NULL
    return value
