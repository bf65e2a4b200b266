# An order book, kept from its changes. TWS does not say whether the last of its rows falls out when one is inserted
# into a full book; so more levels are kept than shown, and either way those shown are right.

cdef struct LevelRow:
    double price
    double size
    uint16_t market_maker
    uint8_t pad[6]

LEVEL = np.dtype({
    "names": ["price", "size", "market_maker"], "formats": ["<f8", "<f8", "<u2"], "itemsize": 24})
assert LEVEL.itemsize == sizeof(LevelRow)

cdef enum:
    LEVELS = 512            # kept of each side
    INSERT = 0
    UPDATE = 1
    DELETE = 2

BOOK_LEVELS = LEVELS


cdef struct Side:
    int64_t count
    LevelRow levels[LEVELS]


cdef struct BookState:
    Side sides[2]           # asks, bids
    int64_t recv_ns         # when the last change came
    int64_t misplaced
    int64_t resets


cdef class Book:
    """The two sides of an order book, best level first, and what applies changes to them.

    At most ``rows`` levels of a side are shown. ``misplaced`` counts changes that fit nothing: positions beyond the
    levels there are, unknown sides and operations. ``resets`` counts how often TWS emptied the book.
    """
    cdef BookState state
    cdef readonly int64_t rows

    def __init__(self, int64_t rows=LEVELS):
        if not 1 <= rows <= LEVELS:
            raise ValueError(f"rows: {rows}; a book shows 1 to {LEVELS}")
        self.rows = rows

    @property
    def recv_ns(self):
        """When the last change came; 0 before the first."""
        return self.state.recv_ns

    @property
    def misplaced(self):
        """Changes that fitted nothing and were left out."""
        return self.state.misplaced

    @property
    def resets(self):
        """How often TWS emptied the book."""
        return self.state.resets

    @property
    def is_crossed(self):
        """Whether the best bid is above the best ask."""
        cdef const LevelRow *ask = best_level(&self.state.sides[0])
        cdef const LevelRow *bid = best_level(&self.state.sides[1])
        return ask != NULL and bid != NULL and bid.price > ask.price

    def apply(self, records not None):
        """Apply changes: an array of dtype `ibfast.records.DEPTH`, from wherever it comes."""
        cdef const uint8_t[::1] raw
        cdef int64_t i
        if records.dtype != DEPTH:
            raise ValueError(f"records: {records.dtype} is not the dtype of depth records")
        raw = np.ascontiguousarray(records).view(np.uint8)
        for i in range(raw.shape[0] // <int64_t>sizeof(DepthRow)):
            change_book(&self.state, <const DepthRow *>&raw[i * <int64_t>sizeof(DepthRow)])

    def take_from(self, Rows rows not None):
        """Apply all changes that wait in ``rows``, and empty it."""
        if rows.sink.kind != DEPTH_ROW:
            raise ValueError(f"rows: {rows.kind} records are no changes of a book")
        if rows.sink.used:
            change_book_by(&self.state, &rows.sink)
            rows.forget()

    def side(self, int side):
        """A copy of the levels shown of a side: 0 the asks, 1 the bids."""
        cdef int64_t size = min(self.rows, self.state.sides[side & 1].count) * <int64_t>sizeof(LevelRow)
        cdef Memory copied
        if size == 0:
            return np.empty(0, LEVEL)
        copied = Memory(size)
        memcpy(copied.at, self.state.sides[side & 1].levels, size)
        return np.frombuffer(copied, LEVEL)

    def best(self, int side):
        """Price and size of the best level of a side that has something to be had at it, NaN if there is none."""
        cdef const LevelRow *level = best_level(&self.state.sides[side & 1])
        if level == NULL:
            return NAN, NAN
        return level.price, level.size


cdef const LevelRow *best_level(const Side *side) noexcept nogil:
    """The first level whose size is not 0: an empty one keeps its place in the book, its price is none."""
    cdef int64_t i
    for i in range(side.count):
        if not side.levels[i].size <= 0:
            return &side.levels[i]
    return NULL


cdef void change_book_by(BookState *book, const Sink *sink) noexcept nogil:
    """Apply the rows of a sink, oldest first."""
    cdef int64_t i
    for i in range(sink.used):
        change_book(book, <const DepthRow *>(sink.rows + (sink.head + i) % sink.used * sink.itemsize))


cdef void change_book(BookState *book, const DepthRow *change) noexcept nogil:
    cdef Side *side = &book.sides[change.side & 1]
    book.recv_ns = change.recv_ns
    if change.operation == BOOK_RESET:
        book.sides[0].count = book.sides[1].count = 0
        book.resets += 1
    elif change.side > 1 or not change_side(side, change):
        book.misplaced += 1


cdef bint change_side(Side *side, const DepthRow *change) noexcept nogil:
    """Insert, update or delete a level; False when the side has no such place."""
    cdef int64_t at = change.position
    cdef LevelRow *level
    if at < 0 or at >= LEVELS or at > side.count or (at == side.count and change.operation != INSERT):
        return False
    level = side.levels + at
    if change.operation == DELETE:
        side.count -= 1
        memmove(level, level + 1, (side.count - at) * sizeof(LevelRow))
        return True
    if change.operation == INSERT:
        side.count += side.count < LEVELS       # in a full side the last level makes room
        memmove(level + 1, level, (side.count - at - 1) * sizeof(LevelRow))
    elif change.operation != UPDATE:
        return False
    level.price, level.size, level.market_maker = change.price, change.size, change.market_maker
    memset(level.pad, 0, 6)
    return True
