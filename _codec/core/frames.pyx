# frame = length:u32be payload     payload = msg_id body      msg_id = text and NUL up to server 200, u32be after
#
# Compact once per read, not once per frame.

cdef enum:
    MAX_PAYLOAD = 16_777_215    # bytes; IB's own limit (error 507)
    READ_SIZE = 524_288     # room offered to one read; what comes of it still fits the second cache of a processor
    PADDING = 64            # zeros behind what is received: words are read whole, also where a payload ends


@cython.internal
cdef class Memory:
    """A block of bytes that numpy and the event loop view through the buffer protocol."""
    cdef char *at
    cdef Py_ssize_t size

    def __cinit__(self, Py_ssize_t size):
        self.at = <char *>PyMem_RawMalloc(size + PADDING)
        if self.at == NULL:
            raise MemoryError
        memset(self.at + size, 0, PADDING)
        self.size = size

    def __dealloc__(self):
        PyMem_RawFree(self.at)

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.at, self.size, 0, flags)


cdef inline int next_frame(const char *at, const char *stop, Cursor *cur) noexcept nogil:
    """As Frames.next."""
    cdef uint64_t length
    if stop - at < 4:
        return 0
    length = frame_length(at)
    if length > MAX_PAYLOAD:
        return -1
    if stop - at - 4 < <Py_ssize_t>length:
        return 0
    cur.start = cur.pos = at + 4
    cur.end = at + 4 + length
    return 1


@cython.internal
cdef class Frames:
    """The receive buffer: the loop writes behind ``stop``, frames are read in place from ``start``."""
    cdef Memory memory
    cdef char *base             # its first byte
    cdef object view            # memoryview of all of it
    cdef Py_ssize_t start       # first byte not yet read
    cdef Py_ssize_t stop        # first byte not yet received

    def __cinit__(self):
        self.resize(READ_SIZE)

    cdef int resize(self, Py_ssize_t size) except -1:
        """Move what is not yet read to the front of a block of this size."""
        cdef Memory larger = Memory(size)
        if self.memory is not None:
            memcpy(larger.at, self.base + self.start, self.stop - self.start)
        self.memory = larger
        self.base = larger.at
        self.view = memoryview(larger)
        self.stop -= self.start
        self.start = 0
        return 0

    cdef bint is_full(self) noexcept:
        """Whether the last read took all the room there was, so that more may be waiting."""
        return self.stop == self.memory.size

    cdef object space(self):
        """A writable view of the free room, at least one byte."""
        return self.view if self.stop == 0 else self.view[self.stop:]

    cdef int next(self, Cursor *cur) noexcept nogil:
        """1: a payload stands in ``cur``; 0: more bytes are needed; -1: the length is impossible."""
        cdef int status = next_frame(self.base + self.start, self.base + self.stop, cur)
        if status == 1:
            self.start = cur.end - self.base
        return status

    cdef int compact(self) except -1:
        """After a read: make room for the rest of a frame that has begun, or for the next read."""
        cdef Py_ssize_t held = self.stop - self.start
        cdef Py_ssize_t room = READ_SIZE
        if held == 0:
            self.start = self.stop = 0
            if self.memory.size > 4 * READ_SIZE:
                self.resize(READ_SIZE)
            return 0
        if held >= 4:
            room = max(room, 4 + min(<Py_ssize_t>frame_length(self.base + self.start), <Py_ssize_t>MAX_PAYLOAD))
        if room > self.memory.size:
            return self.resize(room)
        if self.start:
            memmove(self.base, self.base + self.start, held)
            self.stop = held
            self.start = 0
        elif self.stop == self.memory.size:
            return self.resize(2 * self.memory.size)
        return 0
