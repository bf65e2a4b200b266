# Plans: every message of the schema, both wires, both directions. `ibfast/schema/compile.py` makes the steps of a
# text plan; a protobuf plan needs only the class. The hot messages have plans too: they explain what a hot decoder
# refused, and carry what has no subscriber.

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
            if given is not None and given is not False and given != "" and given != [] and given != {}:
                raise VersionError(f"{self.cls.__name__}.{name}", since, self.server_version)
        return 0
