# The protocol object needs no loop: the loop (or a test) fills get_buffer() and says how much with buffer_updated().

cdef object LOG = logging.getLogger("ibfast.protocol")

cdef enum:
    LAST_TEXT_ID_VERSION = 200      # up to this server version an id is text
    READER_SHARE = 8_192            # bytes for each reader that make it worth waking them all


cdef inline int64_t take_binary_id(Cursor *cur) noexcept nogil:
    """The id in front of a body; -1, with nothing taken, when there is none."""
    if cur.end - cur.pos < 4:
        return -1
    cur.pos += 4
    return <int64_t>frame_length(cur.pos - 4)


cdef inline int64_t take_text_id(Cursor *cur) noexcept nogil:
    """The same for servers that write it as text; one above 200 is no protobuf message: it moves to where none is."""
    cdef int32_t number = 0
    cdef int64_t usual
    if next_two_digits(cur, &usual) or next_digit(cur, &usual):
        return usual
    if cur.pos == cur.end or cur.pos[0] == 0 or not take_int32(cur, &number):
        return -1
    return number if number <= PROTOBUF else <int64_t>number - PROTOBUF + HOT_IDS


cdef int64_t fields_in(const char *at, const char *stop) noexcept nogil:
    """How many fields there are, the last one ended or not."""
    cdef int64_t count = 0
    while at < stop:
        count += at[0] == 0 or at + 1 == stop
        at += 1
    return count


cdef str peer_of(bytes head):
    """What speaks instead of a gateway, by the four bytes where a length should be; empty if they are nothing known."""
    if head == b"HTTP" or head[:1] == b"<":
        return ": an HTTP server answers on this port"
    if len(head) >= 3 and 0x14 <= head[0] <= 0x17 and head[1] == 3 and head[2] <= 4:     # record type and version
        return ": a TLS server answers on this port; the API of TWS and IB Gateway is not encrypted"
    if head.isascii() and head.decode().isprintable():
        return f": these bytes are text, {head!r}; another service answers on this port"
    return ""


@cython.internal
cdef class _First:
    """An extension type may not begin its bases with a Python class."""


cdef class Protocol(_First, asyncio.BufferedProtocol):
    """The receiving half of a connection: bytes in, rows and messages out, in wire order.

    ``owner`` has ``connection_made(transport)``, ``handshake(payload)``, ``received(message)``, ``malformed(error)``,
    ``unknown(msg_id, payload)``, ``connection_lost(error)``, and optionally ``pause_writing()`` and
    ``resume_writing()``. While ``server_version`` is 0 every payload goes to ``handshake`` as it is; whoever sets it,
    also from within that call, sets ``plans`` first: the reader's plan for (message id, is protobuf), or None.
    ``preamble`` is what the peer must send before its first frame.
    """
    cdef readonly object owner
    cdef readonly object transport
    cdef Frames frames
    cdef Routes routes
    cdef DecodeContext reading
    cdef bytes preamble
    cdef object _plans
    cdef dict known             # plans by the id on the wire
    cdef object failure         # why the byte stream was given up
    cdef bint stopped
    cdef bint reads_on          # whether the loop reads again and again while there is more
    cdef int64_t unbroken       # bytes that it has read so without a turn for anybody else
    cdef int version
    cdef readonly int64_t bytes_received
    cdef readonly int64_t messages_received
    cdef readonly int64_t rows_received
    cdef readonly int64_t payload_size      # bytes of the payload whose message the owner is being told
    cdef readonly int64_t extra_fields      # text fields behind the last one that is known
    cdef int64_t[HOT_IDS] met   # messages by the id on the wire

    def __init__(self, owner, *, bytes preamble=b""):
        self.owner = owner
        self.preamble = preamble
        self.frames = Frames()
        self.routes = Routes()
        self.reading.routes = &self.routes.table
        self.reading.touched = NULL

    @property
    def messages_by_id(self):
        """Messages received since the handshake, by message id, on both wires together; without ids nobody knows."""
        counts = {}
        for raw_id in range(HOT_IDS):
            if self.met[raw_id]:
                msg_id = raw_id - PROTOBUF if raw_id > PROTOBUF else raw_id
                counts[msg_id] = counts.get(msg_id, 0) + self.met[raw_id]
        return counts

    @property
    def server_version(self):
        """The agreed server version; 0 until the handshake is done."""
        return self.version

    @server_version.setter
    def server_version(self, int version):
        if self._plans is None:
            raise ValueError("plans are needed before server_version")
        self.version = version
        self.reading.server_version = version

    @property
    def plans(self):
        """What finds the plan of a message: (message id, is protobuf) to Plan or None."""
        return self._plans

    @plans.setter
    def plans(self, plans):
        self._plans = plans
        self.known = {}

    def attach(self, int64_t req_id, Rows rows not None, Rows second=None):
        """From now on hot messages with this req_id go into ``rows``, or ``second``, if they are of its kind."""
        self.routes.attach(req_id, rows, second)

    def detach(self, int64_t req_id):
        """Later ticks with this req_id become messages again; what waits in its rows stays there."""
        self.routes.detach(req_id)

    def stop(self):
        """Hand out nothing more, whatever still arrives."""
        self.stopped = True

    # -- what the event loop calls

    def connection_made(self, transport):
        self.transport = transport
        self.reads_on = not type(transport).__module__.startswith("asyncio.")
        self.owner.connection_made(transport)

    def connection_lost(self, exc):
        self.stopped = True
        self.owner.connection_lost(self.failure or exc)

    def eof_received(self):
        return False

    def pause_writing(self):
        pause = getattr(self.owner, "pause_writing", None)
        if pause is not None:
            pause()

    def resume_writing(self):
        resume = getattr(self.owner, "resume_writing", None)
        if resume is not None:
            resume()

    def get_buffer(self, sizehint):
        return self.frames.space()

    def buffer_updated(self, Py_ssize_t nbytes):
        cdef bint has_more, is_enough = False
        self.frames.stop += nbytes
        has_more = self.frames.is_full()
        self.bytes_received += nbytes
        self.reading.recv_ns = time_ns()
        try:
            if not self.stopped and (not self.preamble or self.take_preamble()):
                self.read_frames()
        finally:
            self.frames.compact()
            is_enough = self.wake_readers(nbytes)
        if not has_more:
            self.unbroken = 0
        elif is_enough and self.reads_on and not self.stopped and self.transport is not None:
            self.give_way()

    # -- what it does with the bytes

    cdef bint take_preamble(self) except -1:
        """Pass over the preamble; False while it is not all there, or when it is another."""
        cdef Py_ssize_t held = min(self.frames.stop, len(self.preamble))
        if memcmp(self.frames.base, <const char *>self.preamble, held) != 0:
            self.fail(FramingError(f"the peer begins with {self.frames.base[:held]!r}, not with {self.preamble!r}"))
            return False
        if held < len(self.preamble):
            return False
        self.frames.start = held
        self.preamble = b""
        return True

    cdef int read_frames(self) except -1:
        cdef Cursor cur
        cdef int64_t raw_id = 0
        cdef int status
        while not self.stopped:
            if self.version == 0:
                status = self.frames.next(&cur)
            else:
                status = self.decode_hot(&cur, &raw_id)
            if status == 0:
                return 0
            if status < 0:
                length = frame_length(self.frames.base + self.frames.start)
                hint = peer_of(self.frames.base[self.frames.start:self.frames.start + 4]) if self.version == 0 else ""
                self.fail(FramingError(f"a frame of {length} bytes; IB's limit is {MAX_PAYLOAD}{hint}"))
                return 0
            self.messages_received += 1
            self.payload_size = cur.end - cur.start
            try:
                if self.version == 0:
                    self.owner.handshake(cur.start[:cur.end - cur.start])
                elif status == 2:
                    self.deliver_rest(&cur, raw_id)
                else:
                    self.deliver(&cur, raw_id)
            except Exception:
                LOG.exception("whoever received a message failed; the session goes on")
        return 0

    cdef int decode_hot(self, Cursor *cur, int64_t *raw_id) noexcept nogil:
        """Decode hot messages into rows until the owner must hear of one, which is then in ``cur``.

        1: it is for its plan; 2: its rows are taken, the rest is for its plan; else as Frames.next.
        """
        cdef const char *at = self.frames.base + self.frames.start
        cdef const char *stop = self.frames.base + self.frames.stop
        cdef const char *body
        cdef int64_t rows = 0
        cdef int status
        cdef bint id_is_text = self.version <= LAST_TEXT_ID_VERSION
        cdef decoder_t decode
        cdef Outcome outcome
        while True:
            status = next_frame(at, stop, cur)
            if status != 1:
                break
            at = cur.end
            raw_id[0] = take_text_id(cur) if id_is_text else take_binary_id(cur)
            if <uint64_t>raw_id[0] >= HOT_IDS:
                break
            self.met[raw_id[0]] += 1
            decode = HOT[raw_id[0]]
            if decode == NULL:
                break
            body = cur.pos
            outcome = decode(cur, &self.reading)
            if outcome != DONE:
                cur.pos = body
                status = 2 if outcome == PARTIAL else 1
                break
            rows += 1
            if cur.pos < cur.end and raw_id[0] <= PROTOBUF:
                self.extra_fields += fields_in(cur.pos, cur.end)
        self.frames.start = at - self.frames.base
        self.messages_received += rows
        self.rows_received += rows
        return status

    cdef int deliver(self, Cursor *cur, int64_t raw_id) except -1:
        """A message for the owner, or why there is none."""
        if raw_id < 0:
            payload = cur.start[:cur.end - cur.start]
            self.owner.malformed(DecodeError("payload", "msg_id", 0, "does not begin with a message id", payload))
            return 0
        plan = self.plan_for(raw_id)
        if plan is None:
            if raw_id >= HOT_IDS and self.version <= LAST_TEXT_ID_VERSION:
                raw_id += PROTOBUF - HOT_IDS
            self.owner.unknown(raw_id, cur.start[:cur.end - cur.start])
            return 0
        try:
            message = self.read(<Plan>plan, cur)
        except DecodeError as error:
            self.owner.malformed(error)
            return 0
        self.owner.received(message)
        return 0

    cdef Message read(self, Plan plan, Cursor *cur):
        """The message, by a plan that all sessions share."""
        cdef int64_t before = plan.extra_fields
        cdef Message message = plan.read(cur)
        self.extra_fields += plan.extra_fields - before
        return message

    cdef object plan_for(self, int64_t raw_id):
        """The plan for an id on the wire, None for ids that nobody knows."""
        plan = self.known.get(raw_id, self)
        if plan is self:
            protobuf = raw_id > PROTOBUF and self.version > LAST_TEXT_ID_VERSION
            plan = self.known[raw_id] = self._plans(raw_id - PROTOBUF if protobuf else raw_id, protobuf)
        return plan

    cdef int deliver_rest(self, Cursor *cur, int64_t raw_id) except -1:
        """What is left of a message of many items, now that those are rows."""
        cdef Cursor rest
        cdef bytes body
        cdef Sink *answer = self.reading.answer
        body = rest_of_protobuf(cur, &self.reading) if raw_id > PROTOBUF else rest_of_text(cur, &self.reading)
        rest.start = rest.pos = body
        rest.end = rest.start + len(body)
        try:
            message = self.read(<Plan>self.plan_for(raw_id), &rest)
        except DecodeError:     # rows of a broken message do not count, and its plan knows the offset
            rewind(answer, self.reading.before)
            return self.deliver(cur, raw_id)
        self.rows_received += answer.total - self.reading.before.total
        self.owner.received(message)
        return 0

    cdef int fail(self, error) except -1:
        """The byte stream is lost: say so and end the connection."""
        self.stopped = True
        self.failure = error
        if self.transport is None:
            self.owner.connection_lost(error)
        else:
            self.transport.abort()

    cdef int give_way(self) except -1:
        """Let the readers run before more is read.

        uvloop reads up to 32 times before it runs anything else: megabytes, which fall out of the processor's cache
        before anybody looks at them, and drop rows of readers that are not slow at all.
        """
        self.unbroken = 0
        self.transport.pause_reading()
        asyncio.get_running_loop().call_soon(self.transport.resume_reading)
        return 0

    cdef bint wake_readers(self, Py_ssize_t nbytes) except -1:
        """Wake who has new rows; whether they had better run before more is read."""
        cdef Sink *sink = self.reading.touched
        cdef Sink *following
        cdef int64_t readers = 0
        cdef bint is_filling = False
        self.reading.touched = NULL
        self.unbroken += nbytes
        while sink != NULL:
            following = sink.next_touched
            sink.touched = False
            readers += 1
            is_filling |= 2 * sink.used > sink.capacity
            try:
                (<Rows>sink.owner).wake()
            except Exception:
                LOG.exception("whoever was woken for new rows failed; the session goes on")
            sink = following
        self.routes.leaving.clear()
        return is_filling or self.unbroken >= readers * READER_SHARE
