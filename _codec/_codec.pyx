# The contents page of `ibfast._codec`: what it takes from C and Python, then its parts, in reading order.
# (cython-lint reads this file alone, and would call every name unused that only an included file uses.)

cimport cython  # no-cython-lint

from cpython.buffer cimport PyBuffer_FillInfo  # no-cython-lint
from cpython.bytes cimport PyBytes_FromStringAndSize  # no-cython-lint
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact, PyFloat_FromDouble  # no-cython-lint
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_CheckExact, PyLong_FromLongLong  # no-cython-lint
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc  # no-cython-lint
from cpython.mem cimport PyMem_RawCalloc, PyMem_RawFree, PyMem_RawMalloc, PyMem_RawRealloc  # no-cython-lint
from cpython.object cimport PyObject, PyObject_GenericGetAttr, PyObject_GenericSetAttr, PyTypeObject  # no-cython-lint
from cpython.ref cimport Py_INCREF, Py_XDECREF  # no-cython-lint
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_CheckExact, PyUnicode_DecodeUTF8  # no-cython-lint
from libc.math cimport INFINITY, NAN  # no-cython-lint
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t  # no-cython-lint
from libc.string cimport memchr, memcmp, memcpy, memmove, memset  # no-cython-lint

from wire cimport BYTES, FIXED64, VARINT, Cursor, frame_length  # no-cython-lint
from wire cimport EXACT, NEEDS_CARE, NOT_A_NUMBER, Number, parse_float  # no-cython-lint
from wire cimport eight_digits, field_end, skip_field, take_int, take_int32  # no-cython-lint
from wire cimport next_digit, next_plain, next_short, next_ten_digits, next_two_digits  # no-cython-lint
from wire cimport inlined, short_integer, short_number, word_at, zero_bytes, zeros_below  # no-cython-lint
from wire cimport skip_value, take_double, take_span, take_varint  # no-cython-lint

import asyncio  # no-cython-lint
import logging  # no-cython-lint
import operator  # no-cython-lint
from decimal import Decimal, InvalidOperation  # no-cython-lint
from time import time_ns  # no-cython-lint

import numpy as np  # no-cython-lint

from ibfast.errors import DecodeError, FramingError, VersionError  # no-cython-lint

cdef extern from "Python.h":
    void PyObject_GC_UnTrack(void *)
    bint PyObject_IS_GC(object)
    PyObject *PyList_GET_ITEM(PyObject *items, Py_ssize_t place)  # borrowed, where cpython.list takes a reference
    double PyOS_string_to_double(const char *s, char **endptr, object overflow_exception) except? -1.0
    Py_ssize_t references "Py_REFCNT"(PyObject *it)     # of an attribute Cython would hold one itself, and count it
    char *PyOS_double_to_string(double value, char format_code, int precision, int flags, int *kind) except NULL

include "core/message.pyx"       # what a message is
include "core/frames.pyx"        # socket bytes to payloads
include "core/outbox.pyx"        # messages to socket bytes
include "plans/values.pyx"   # single values of any message
include "plans/plan.pyx"          # any message, by its declaration
include "plans/text.pyx"     # on the text wire
include "plans/protobuf.pyx"     # on the protobuf wire
include "records/rows.pyx"          # records that numpy views
include "records/codes.pyx"         # exchange names as small integers
include "records/events.pyx"        # records as objects
include "route.pyx"         # request id to records
include "decoders/common.pyx"           # the hot messages, by hand: what they share
include "decoders/ticks.pyx"         # L1 and tick by tick
include "decoders/live.pyx"          # depth, option computations, five-second bars
include "decoders/history.pyx"       # bars and past ticks
include "records/book.pyx"          # order books kept from rows
include "records/quote.pyx"         # quotes kept from rows
include "encoders/rows.pyx"          # rows back to frames
include "protocol.pyx"      # all of it behind a socket
