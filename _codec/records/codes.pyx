# Exchange and condition strings as small integers: one table a process, append only.

cdef enum:
    CODE_SLOTS = 131_072    # of the hash table; twice the codes there can be
    CODE_WORD = 8           # bytes that are compared as one
    CODE_BYTES = 64         # of a string that is given a code; IB's have a few
    OTHER_CODE = 65_535     # of every string that came after the table was full


cdef struct Code:
    const char *at          # the bytes, which the owner's list keeps alive
    Py_ssize_t size
    uint64_t word           # they themselves, and zeros, if they are at most CODE_WORD


cdef struct CodeTable:
    uint16_t *slots         # code by hash; 0 is a free slot
    Code *codes             # by code
    PyObject *owner         # its Codes


cdef class Codes:
    """Short strings numbered in order of appearance; code 0 is the empty string.

    Codes are the same in every stream of a process. After 65,534 different strings every new one has code 65535, and
    so has every string of more than 64 bytes: the table never takes more than about 20 MB, whatever a gateway sends.
    """
    cdef CodeTable table
    cdef list raw               # bytes, by code
    cdef list names             # str, by code

    def __cinit__(self):
        self.table.slots = <uint16_t *>PyMem_RawCalloc(CODE_SLOTS, sizeof(uint16_t))
        self.table.codes = <Code *>PyMem_RawCalloc(OTHER_CODE + 1, sizeof(Code))
        if self.table.slots == NULL or self.table.codes == NULL:
            raise MemoryError
        self.table.owner = <PyObject *>self
        self.raw, self.names = [b""], [""]

    def __dealloc__(self):
        PyMem_RawFree(self.table.slots)
        PyMem_RawFree(self.table.codes)

    def __len__(self):
        return len(self.names)

    def code(self, str name not None):
        """The code of a string, to compare a column with; a string never met before is given the next code."""
        cdef bytes raw = name.encode()
        return code_of(&self.table, raw, len(raw))

    def decode(self, codes):
        """The strings of a column of codes, as a list; None for a code that is not in the table."""
        names = self.names
        return [names[code] if code < len(names) else None for code in np.asarray(codes).tolist()]


cdef uint16_t code_of(CodeTable *table, const char *at, Py_ssize_t size) noexcept nogil:
    """The code of these bytes; new ones are entered."""
    cdef uint32_t hash = 2166136261u
    cdef uint64_t word = 0
    cdef Py_ssize_t i
    cdef Code *known
    if size == 0:
        return 0
    if size > CODE_BYTES:
        return OTHER_CODE
    if size <= CODE_WORD:
        memcpy(&word, at, size)
        return code_of_word(table, at, size, word)
    for i in range(size):
        hash = (hash ^ <uint8_t>at[i]) * 16777619u
    hash = (hash ^ (hash >> 15)) & (CODE_SLOTS - 1)
    while table.slots[hash]:
        known = table.codes + table.slots[hash]
        if known.size == size and memcmp(known.at, at, size) == 0:
            return table.slots[hash]
        hash = (hash + 1) & (CODE_SLOTS - 1)
    return add_code(table, at, size, hash)


cdef inline uint16_t code_of_word(CodeTable *table, const char *at, Py_ssize_t size, uint64_t word) noexcept nogil:
    """The same of 1 to CODE_WORD bytes, which are also in ``word``, with zeros above them."""
    cdef uint32_t slot = <uint32_t>(word * <uint64_t>0x9E3779B97F4A7C15 >> 47)
    cdef uint16_t code = table.slots[slot]
    while code:
        if table.codes[code].word == word and table.codes[code].size == size:
            return code
        slot = (slot + 1) & (CODE_SLOTS - 1)
        code = table.slots[slot]
    return add_code(table, at, size, slot)


cdef uint16_t add_code(CodeTable *table, const char *at, Py_ssize_t size, uint32_t slot) noexcept with gil:
    cdef Codes codes = <Codes>table.owner
    cdef uint16_t code = <uint16_t>min(len(codes.names), OTHER_CODE)
    cdef bytes raw
    if code == OTHER_CODE:
        return OTHER_CODE
    raw = at[:size]
    codes.raw.append(raw)
    codes.names.append(text_of(at, size))
    table.codes[code] = Code(raw, size, 0)
    if size <= CODE_WORD:
        memcpy(&table.codes[code].word, at, size)
    table.slots[slot] = code
    return code


EXCHANGES = Codes()
CONDITIONS = Codes()
cdef CodeTable *EXCHANGE_CODES = &(<Codes>EXCHANGES).table
cdef CodeTable *CONDITION_CODES = &(<Codes>CONDITIONS).table
