# req_id to the rows of its subscription: open addressing, because ids of a month of requests are sparse.

cdef struct Route:
    int64_t req_id
    Sink *sink              # NULL is a free place
    Sink *second            # of option computations, beside the ticks of an option; or NULL


cdef struct RouteTable:
    Route *places
    uint64_t mask           # places less one; a power of two less one


cdef inline uint64_t hash_of(int64_t req_id) noexcept nogil:
    return (<uint64_t>req_id * <uint64_t>0x9E3779B97F4A7C15) >> 32


cdef inline Route *place_of(const RouteTable *table, int64_t req_id) noexcept nogil:
    """Where the id stands, or the free place where it would."""
    cdef uint64_t i = hash_of(req_id)
    while table.places[i & table.mask].sink != NULL and table.places[i & table.mask].req_id != req_id:
        i += 1
    return table.places + (i & table.mask)


cdef void leave_place(RouteTable *table, uint64_t free) noexcept nogil:
    """Free a place. What stands behind it moves up where it may, so that nothing that is looked for stops there."""
    cdef uint64_t at = free
    cdef uint64_t home
    while True:
        at = (at + 1) & table.mask
        if table.places[at].sink == NULL:
            break
        home = hash_of(table.places[at].req_id)
        if (at - home) & table.mask >= (at - free) & table.mask:      # it does not belong between the two
            table.places[free] = table.places[at]
            free = at
    table.places[free].sink = NULL


@cython.internal
cdef class Routes:
    """Which subscription a request id feeds."""
    cdef RouteTable table
    cdef dict rows              # (Rows, second Rows or None) by req_id; keeps them alive
    cdef list leaving           # detached with rows that nobody was woken for yet

    def __cinit__(self):
        self.rows, self.leaving = {}, []
        self.rebuild(16)

    def __dealloc__(self):
        PyMem_RawFree(self.table.places)

    cdef int rebuild(self, uint64_t size) except -1:
        cdef Route *places = <Route *>PyMem_RawCalloc(size, sizeof(Route))
        if places == NULL:
            raise MemoryError
        PyMem_RawFree(self.table.places)
        self.table.places = places
        self.table.mask = size - 1
        for req_id in self.rows:
            self.enter(req_id)
        return 0

    cdef int enter(self, int64_t req_id) except -1:
        cdef Rows rows, second
        cdef Route *place = place_of(&self.table, req_id)
        rows, second = self.rows[req_id]
        place.req_id, place.sink, place.second = req_id, &rows.sink, NULL
        if second is not None:
            place.second = &second.sink
        return 0

    cdef int attach(self, int64_t req_id, Rows rows, Rows second) except -1:
        if req_id in self.rows:
            raise ValueError(f"req_id {req_id} has a subscription already")
        self.rows[req_id] = (rows, second)
        if 2 * <uint64_t>len(self.rows) > self.table.mask:
            return self.rebuild(2 * (self.table.mask + 1))
        return self.enter(req_id)

    cdef int detach(self, int64_t req_id) except -1:
        cdef Rows rows, second
        both = self.rows.pop(req_id, None)
        if both is None:
            return 0
        rows, second = both
        if rows.sink.touched or (second is not None and second.sink.touched):
            self.leaving.append(both)       # somebody has to be woken for them yet
        leave_place(&self.table, place_of(&self.table, req_id) - self.table.places)
        return 0
