# Growing arrays of C structs that numpy views. Each struct stands beside its dtype; its members are
# ordered so that the compiler leaves no hole between them.
#
# A stream has one block that fills. take() hands a well-filled block to the reader for good and puts another in its
# place: no copy, and a batch that somebody keeps is never written to again. The block of an older batch is used again
# once its reader has let go of it. A few rows in a large block are copied out instead, so that keeping them is cheap.

cdef struct TickRow:
    int64_t recv_ns
    int64_t seq
    double price
    double size
    double value
    int64_t text
    int32_t tick_type
    int32_t attr_mask

TICK = np.dtype([("recv_ns", "<i8"), ("seq", "<i8"), ("price", "<f8"), ("size", "<f8"), ("value", "<f8"),
                 ("text", "<i8"), ("tick_type", "<i4"), ("attr_mask", "<i4")])
assert TICK.itemsize == sizeof(TickRow)


cdef struct LastRow:
    int64_t recv_ns
    int64_t seq
    int64_t time
    double price
    double size
    uint16_t exchange
    uint16_t special_conditions
    uint8_t attr_mask
    uint8_t tick_type
    uint16_t pad

LAST = np.dtype({
    "names": ["recv_ns", "seq", "time", "price", "size", "exchange", "special_conditions", "attr_mask", "tick_type"],
    "formats": ["<i8", "<i8", "<i8", "<f8", "<f8", "<u2", "<u2", "u1", "u1"],
    "offsets": [0, 8, 16, 24, 32, 40, 42, 44, 45], "itemsize": 48})
assert LAST.itemsize == sizeof(LastRow)


cdef struct BidAskRow:
    int64_t recv_ns
    int64_t seq
    int64_t time
    double bid_price
    double ask_price
    double bid_size
    double ask_size
    uint8_t attr_mask
    uint8_t pad[7]

BID_ASK = np.dtype({
    "names": ["recv_ns", "seq", "time", "bid_price", "ask_price", "bid_size", "ask_size", "attr_mask"],
    "formats": ["<i8", "<i8", "<i8", "<f8", "<f8", "<f8", "<f8", "u1"],
    "offsets": [0, 8, 16, 24, 32, 40, 48, 56], "itemsize": 64})
assert BID_ASK.itemsize == sizeof(BidAskRow)


cdef struct MidPointRow:
    int64_t recv_ns
    int64_t seq
    int64_t time
    double mid_point

MID_POINT = np.dtype([("recv_ns", "<i8"), ("seq", "<i8"), ("time", "<i8"), ("mid_point", "<f8")])
assert MID_POINT.itemsize == sizeof(MidPointRow)


cdef struct DepthRow:
    int64_t recv_ns
    int64_t seq
    double price
    double size
    int32_t position
    uint16_t market_maker
    uint8_t operation
    uint8_t side
    uint8_t is_smart_depth
    uint8_t pad[7]

DEPTH = np.dtype({
    "names": ["recv_ns", "seq", "price", "size", "position", "market_maker", "operation", "side", "is_smart_depth"],
    "formats": ["<i8", "<i8", "<f8", "<f8", "<i4", "<u2", "u1", "u1", "u1"],
    "offsets": [0, 8, 16, 24, 32, 36, 38, 39, 40], "itemsize": 48})
assert DEPTH.itemsize == sizeof(DepthRow)


cdef struct OptionRow:
    int64_t recv_ns
    int64_t seq
    double implied_vol
    double delta
    double opt_price
    double pv_dividend
    double gamma
    double vega
    double theta
    double und_price
    int32_t tick_type
    int32_t tick_attrib

OPTION = np.dtype([
    ("recv_ns", "<i8"), ("seq", "<i8"), ("implied_vol", "<f8"), ("delta", "<f8"), ("opt_price", "<f8"),
    ("pv_dividend", "<f8"), ("gamma", "<f8"), ("vega", "<f8"), ("theta", "<f8"), ("und_price", "<f8"),
    ("tick_type", "<i4"), ("tick_attrib", "<i4")])
assert OPTION.itemsize == sizeof(OptionRow)


cdef struct RealTimeBarRow:
    int64_t recv_ns
    int64_t seq
    int64_t time
    double open
    double high
    double low
    double close
    double volume
    double wap
    int32_t count
    uint32_t pad

REAL_TIME_BAR = np.dtype({
    "names": ["recv_ns", "seq", "time", "open", "high", "low", "close", "volume", "wap", "count"],
    "formats": ["<i8", "<i8", "<i8", "<f8", "<f8", "<f8", "<f8", "<f8", "<f8", "<i4"], "itemsize": 80})
assert REAL_TIME_BAR.itemsize == sizeof(RealTimeBarRow)


cdef struct BarRow:
    int64_t time_ns
    double open
    double high
    double low
    double close
    double volume
    double wap
    int32_t bar_count
    uint32_t pad

BAR = np.dtype({
    "names": ["time_ns", "open", "high", "low", "close", "volume", "wap", "bar_count"],
    "formats": ["<i8", "<f8", "<f8", "<f8", "<f8", "<f8", "<f8", "<i4"], "itemsize": 64})
assert BAR.itemsize == sizeof(BarRow)


cdef struct PastMidPointRow:
    int64_t time
    double price
    double size

PAST_MID_POINT = np.dtype([("time", "<i8"), ("price", "<f8"), ("size", "<f8")])
assert PAST_MID_POINT.itemsize == sizeof(PastMidPointRow)


cdef struct PastBidAskRow:
    int64_t time
    double bid_price
    double ask_price
    double bid_size
    double ask_size
    uint8_t attr_mask
    uint8_t pad[7]

PAST_BID_ASK = np.dtype({
    "names": ["time", "bid_price", "ask_price", "bid_size", "ask_size", "attr_mask"],
    "formats": ["<i8", "<f8", "<f8", "<f8", "<f8", "u1"], "itemsize": 48})
assert PAST_BID_ASK.itemsize == sizeof(PastBidAskRow)


cdef struct PastLastRow:
    int64_t time
    double price
    double size
    uint16_t exchange
    uint16_t special_conditions
    uint8_t attr_mask
    uint8_t pad[3]

PAST_LAST = np.dtype({
    "names": ["time", "price", "size", "exchange", "special_conditions", "attr_mask"],
    "formats": ["<i8", "<f8", "<f8", "<u2", "<u2", "u1"], "itemsize": 32})
assert PAST_LAST.itemsize == sizeof(PastLastRow)


cdef enum RowKind:
    TICK_ROW = 1
    LAST_ROW = 2
    BID_ASK_ROW = 3
    MID_POINT_ROW = 4
    DEPTH_ROW = 5
    OPTION_ROW = 6
    REAL_TIME_BAR_ROW = 7
    BAR_ROW = 8
    PAST_MID_POINT_ROW = 9
    PAST_BID_ASK_ROW = 10
    PAST_LAST_ROW = 11

DTYPES = {
    "tick": TICK, "last": LAST, "bid_ask": BID_ASK, "mid_point": MID_POINT, "depth": DEPTH, "option": OPTION,
    "real_time_bar": REAL_TIME_BAR, "bar": BAR, "past_mid_point": PAST_MID_POINT, "past_bid_ask": PAST_BID_ASK,
    "past_last": PAST_LAST}
cdef dict ROW_KINDS = {kind: number for number, kind in enumerate(DTYPES, TICK_ROW)}


cdef enum Policy:
    RING = 1        # keep the newest, count what was overwritten
    GROW = 2        # keep all up to the capacity, then refuse and count
    LATEST = 3      # keep the newest of each kind, count what it replaced

cdef dict POLICIES = {"ring": RING, "grow": GROW, "latest": LATEST}

cdef enum:
    RECV_NS = 0                 # where live rows have the time of their socket read, in words of 8 bytes
    SEQ = 1                     # where live rows have their sequence number, in words of 8 bytes
    BOOK_RESET = 3              # the operation of a row that empties an order book; 0 to 2 are IB's
    FIRST_ROWS = 64             # rows of the first block of a stream
    TEXT_BYTES = 1_048_576      # of tick strings that a stream remembers
    FIRST_TEXT_BYTES = 4_096    # of them when it has met the first
    CALM_BATCHES = 64           # so many small ones in a row, and a block that grew in a burst is halved


cdef struct Sink:
    # What a hot decoder knows of a stream.
    char *rows              # the block that fills
    int64_t used            # rows in it
    int64_t last            # index of the newest of them
    int64_t room            # rows it can take before it must grow
    int64_t capacity        # rows it may ever take
    int64_t head            # index of the oldest row, once a ring is full
    int64_t total           # rows received; the next row's sequence number
    int64_t dropped
    int kind
    int policy
    int itemsize
    bint touched            # has new rows since the last wake-up
    bint overflowed
    Sink *next_touched
    PyObject *owner         # its Rows, which outlives it
    char *texts             # ring of tick strings behind their lengths, made at the first one
    int64_t text_room       # bytes it has; it grows to TEXT_BYTES before anything in it is overwritten
    int64_t text_end        # bytes ever written to it


cdef class Rows:
    """The growing numpy records of one subscription, filled by the protocol, emptied by its reader.

    ``kind`` is a key of `ibfast.records.DTYPES`. ``wake`` is called once per socket read that brought rows.
    ``policy`` says what happens when nobody takes them: "ring" keeps the newest ``capacity`` rows, "grow" keeps the
    oldest and then refuses, "latest" keeps one row (of each tick type). What is lost is counted in ``dropped``.
    ``waited_ns`` says how long the oldest live row of the last batch had waited for its reader.

    A stream begins with room for 64 rows, which doubles up to ``capacity`` only when its reader is slow, and halves
    again once 64 batches in a row were small. A block that grew may be kept up to three times, to be used again. The
    texts of string ticks take another mebibyte at most.
    """
    cdef Sink sink
    cdef Memory block
    cdef Memory spare           # the blocks of the last two batches, used again when their readers have dropped them:
    cdef Memory older           # who iterates holds one batch until the next has come
    cdef Memory newest          # a copy of the newest row that was taken
    cdef int calm               # batches in a row that left most of the block empty
    cdef readonly str kind
    cdef readonly str policy
    cdef readonly object wake
    cdef readonly object dtype
    cdef readonly int64_t waited_ns

    def __init__(self, str kind not None, wake, *, str policy="ring", int64_t capacity=262_144):
        if kind not in ROW_KINDS:
            raise ValueError(f"kind: {kind!r} is none of {', '.join(ROW_KINDS)}")
        if policy not in POLICIES:
            raise ValueError(f"policy: {policy!r} is none of {', '.join(POLICIES)}")
        if capacity < 1:
            raise ValueError(f"capacity: {capacity} rows; a stream needs room for at least one")
        self.kind, self.policy, self.wake, self.dtype = kind, policy, wake, DTYPES[kind]
        self.sink.kind = ROW_KINDS[kind]
        self.sink.policy = POLICIES[policy]
        self.sink.itemsize = self.dtype.itemsize
        self.sink.capacity = capacity
        self.sink.owner = <PyObject *>self
        self.use(Memory(min(FIRST_ROWS, capacity) * self.sink.itemsize))

    def __dealloc__(self):
        PyMem_RawFree(self.sink.texts)

    cdef int use(self, Memory block) except -1:
        self.block = block
        self.sink.rows = block.at
        self.sink.room = block.size // self.sink.itemsize
        self.sink.used = self.sink.head = 0
        return 0

    @property
    def waiting(self):
        """Rows that take() would hand out."""
        return self.sink.used

    @property
    def total(self):
        """Rows received so far, dropped ones included: the sequence number of the next row."""
        return self.sink.total

    @property
    def dropped(self):
        """Rows overwritten, refused or replaced before anyone took them."""
        return self.sink.dropped

    @property
    def overflowed(self):
        """Whether a "grow" stream has met its capacity."""
        return self.sink.overflowed

    @property
    def room(self):
        """Rows that the filling block takes before it must grow."""
        return self.sink.room

    @property
    def capacity(self):
        """Rows that may wait at most."""
        return self.sink.capacity

    def take(self):
        """All rows that wait, oldest first, as a structured array that belongs to the caller."""
        cdef int64_t used = self.sink.used
        cdef Memory filled = self.block
        cdef Memory copied
        cdef int64_t head = self.sink.head
        cdef int64_t size = self.sink.itemsize
        if used == 0:
            return np.empty(0, self.dtype)
        self.keep_newest()
        if self.sink.kind <= REAL_TIME_BAR_ROW:
            self.waited_ns = time_ns() - (<int64_t *>(self.sink.rows + head * size))[RECV_NS]
        if head or used <= self.sink.room // 4:
            copied = Memory(used * size)
            memcpy(copied.at, filled.at + head * size, (used - head) * size)
            memcpy(copied.at + (used - head) * size, filled.at, head * size)
            self.use(filled)
            self.settle(used)
            return np.ndarray(used, self.dtype, copied)
        self.calm = 0
        self.use(self.free_block(filled.size))
        self.older, self.spare = self.spare, filled
        return np.ndarray(used, self.dtype, filled)

    cdef Memory free_block(self, Py_ssize_t size):
        """A block for what comes next, of this size if nobody has let go of one."""
        if self.older is not None and references(<PyObject *>self.older) == 1:
            return self.older
        if self.spare is not None and references(<PyObject *>self.spare) == 1:
            self.spare, self.older = self.older, self.spare     # it shall not stand in both places
            return self.older
        return Memory(size)

    cdef int settle(self, int64_t used) except -1:
        """After a batch that was copied out: halve a block that has been too large for long; it is empty."""
        if 16 * used > self.sink.room or self.sink.room <= FIRST_ROWS:
            self.calm = 0
            return 0
        self.calm += 1
        if self.calm == CALM_BATCHES:
            self.calm = 0
            self.spare = self.older = None
            self.use(Memory(max(self.sink.room // 2, <int64_t>FIRST_ROWS) * self.sink.itemsize))
        return 0

    cdef int keep_newest(self) except -1:
        if self.newest is None:
            self.newest = Memory(self.sink.itemsize)
        memcpy(self.newest.at, self.sink.rows + self.sink.last * self.sink.itemsize, self.sink.itemsize)
        return 0

    cdef int forget(self) except -1:
        """Empty it, for who has read the rows where they are."""
        cdef int64_t used = self.sink.used
        self.keep_newest()
        self.sink.used = self.sink.head = 0
        return self.settle(used)

    def latest(self):
        """A copy of the newest row, taken or not; None before the first."""
        cdef Memory copied
        if self.sink.used:
            self.keep_newest()
        if self.newest is None:
            return None
        copied = Memory(self.sink.itemsize)
        memcpy(copied.at, self.newest.at, self.sink.itemsize)
        return np.frombuffer(copied, self.dtype, 1)[0]

    def put(self, records not None):
        """Add records of this dtype as if they had come from TWS; their ``seq`` is counted here."""
        cdef uint8_t[::1] raw
        cdef int64_t size = self.sink.itemsize
        cdef int64_t i
        if records.dtype != self.dtype:
            raise ValueError(f"records: {records.dtype} is not the dtype of {self.kind} records")
        raw = np.array(records, ndmin=1).view(np.uint8)
        for i in range(raw.shape[0] // size):
            if self.sink.kind <= REAL_TIME_BAR_ROW:
                (<int64_t *>&raw[i * size])[SEQ] = self.sink.total
            push(&self.sink, &raw[i * size])
        self.wake()

    def texts(self, rows not None):
        """The text of each L1 row: of string ticks what TWS sent, else None.

        A stream remembers the last mebibyte of tick strings; None also stands for a text older than that.
        """
        return [self.text(position) for position in rows["text"].tolist()]

    cdef object text(self, int64_t position):
        """A text by its position, which counts bytes from 1 since the stream began."""
        cdef char *at
        if position <= 0 or position > self.sink.text_end or self.sink.text_end - position >= TEXT_BYTES:
            return None
        at = self.sink.texts + (position - 1) % TEXT_BYTES
        return text_of(at + 4, (<uint32_t *>at)[0])


cdef bint grow(Sink *sink) noexcept with gil:
    """Double the room of the filling block, up to the capacity; False when there is no memory."""
    cdef Rows rows = <Rows>sink.owner
    cdef int64_t room = min(2 * sink.room, sink.capacity)
    cdef char *at = <char *>PyMem_RawRealloc(rows.block.at, room * sink.itemsize)
    if at == NULL:
        return False
    rows.block.at = at
    rows.block.size = room * sink.itemsize
    sink.rows = at
    sink.room = room
    return True


cdef inline void *next_row(Sink *sink, int64_t tick_type) noexcept nogil:
    """Where the caller writes one more row, which counts at once; NULL when it is refused.

    ``tick_type`` matters only where rows have one and only the newest of each is kept.
    """
    cdef int64_t at = sink.used
    if at == sink.room or sink.policy == LATEST:
        return next_row_by_policy(sink, tick_type)
    sink.total += 1
    sink.last = at
    sink.used = at + 1
    return sink.rows + at * sink.itemsize


cdef void *next_row_by_policy(Sink *sink, int64_t tick_type) noexcept nogil:
    cdef int64_t at = sink.used
    sink.total += 1
    if sink.policy == LATEST:
        at = place_of_latest(sink, tick_type)
        sink.dropped += at < sink.used
    if at == sink.room and (sink.room == sink.capacity or not grow(sink)):
        sink.dropped += 1
        if sink.policy == GROW:
            sink.overflowed = True
            return NULL
        at = sink.head
        sink.head = at + 1 if at + 1 < sink.used else 0
    sink.last = at
    if at == sink.used:
        sink.used += 1
    return sink.rows + at * sink.itemsize


cdef int64_t place_of_latest(Sink *sink, int64_t tick_type) noexcept nogil:
    """Where the row goes when only the newest count: for ticks with a type one place each, else the first."""
    cdef int64_t i
    if sink.kind == TICK_ROW:
        for i in range(sink.used):
            if (<TickRow *>sink.rows)[i].tick_type == tick_type:
                return i
        return sink.used
    if sink.kind == OPTION_ROW:
        for i in range(sink.used):
            if (<OptionRow *>sink.rows)[i].tick_type == tick_type:
                return i
        return sink.used
    return 0


cdef void push(Sink *sink, const void *row) noexcept nogil:
    """Add a finished row, by the policy of the stream."""
    cdef void *at = next_row(sink, tick_type_of(sink, row))
    if at != NULL:
        memcpy(at, row, sink.itemsize)


cdef int64_t tick_type_of(const Sink *sink, const void *row) noexcept nogil:
    if sink.kind == TICK_ROW:
        return (<TickRow *>row).tick_type
    return (<OptionRow *>row).tick_type if sink.kind == OPTION_ROW else 0


cdef struct Mark:
    # Where a sink stood before a message of many rows.
    int64_t used
    int64_t total
    int64_t dropped
    bint overflowed


cdef inline Mark mark(const Sink *sink) noexcept nogil:
    return Mark(sink.used, sink.total, sink.dropped, sink.overflowed)


cdef inline void rewind(Sink *sink, Mark before) noexcept nogil:
    """Take back the rows of a message that turned out to be unreadable; sinks of answers only grow."""
    sink.used, sink.total, sink.dropped = before.used, before.total, before.dropped
    sink.overflowed = before.overflowed
    sink.last = before.used - 1


cdef bint more_text_room(Sink *sink, int64_t needed) noexcept nogil:
    """Double the ring of texts until it has so many bytes: it has been filled once only, so nothing in it moves."""
    cdef int64_t room = max(2 * sink.text_room, <int64_t>FIRST_TEXT_BYTES)
    cdef char *texts
    while room < needed:
        room *= 2
    texts = <char *>PyMem_RawRealloc(sink.texts, room)
    if texts == NULL:
        return False
    sink.texts, sink.text_room = texts, room
    return True


cdef int64_t keep_text(Sink *sink, const char *text, Py_ssize_t size) noexcept nogil:
    """Remember a tick string; its position, or 0 when it is too long to be kept or there is no memory."""
    cdef int64_t position = sink.text_end
    cdef int64_t needed = (4 + size + 3) & ~<int64_t>3
    if needed > TEXT_BYTES // 4:
        return 0
    if position % TEXT_BYTES + needed > TEXT_BYTES:
        position += TEXT_BYTES - position % TEXT_BYTES
    if position + needed > sink.text_room and sink.text_room < TEXT_BYTES and not more_text_room(
            sink, min(position + needed, <int64_t>TEXT_BYTES)):
        return 0
    (<uint32_t *>(sink.texts + position % TEXT_BYTES))[0] = <uint32_t>size
    memcpy(sink.texts + position % TEXT_BYTES + 4, text, size)
    sink.text_end = position + needed
    return position + 1
