# The contents page of `ibfast._codec`: what it takes from C and Python, then its parts, in reading order.

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.float cimport PyFloat_FromDouble
from cpython.long cimport PyLong_FromLongLong
from cpython.mem cimport (
    PyMem_Free, PyMem_Malloc, PyMem_RawCalloc, PyMem_RawFree, PyMem_RawMalloc, PyMem_RawRealloc, PyMem_Realloc)
from cpython.object cimport PyObject
from cpython.ref cimport Py_REFCNT
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8
from libc.math cimport INFINITY, NAN
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp, memcpy, memmove, memset

from wire cimport (
    BYTES, EXACT, FIXED64, NEEDS_CARE, NOT_A_NUMBER, VARINT, Cursor, Number, field_end, frame_length, parse_float,
    skip_field, skip_value, take_double, take_int, take_int32, take_span, take_varint)

import asyncio
import logging
from decimal import Decimal, InvalidOperation
from time import time_ns

import numpy as np

from ibfast.errors import DecodeError, FramingError, VersionError

cdef extern from "Python.h":
    double PyOS_string_to_double(const char *s, char **endptr, object overflow_exception) except? -1.0
    char *PyOS_double_to_string(double value, char format_code, int precision, int flags, int *kind) except NULL

include "message.pyx"       # what a message is
include "frames.pyx"        # socket bytes to payloads
include "outbox.pyx"        # messages to socket bytes
include "plan.pyx"          # any message, by its declaration
include "rows.pyx"          # records that numpy views
include "codes.pyx"         # exchange names as small integers
include "route.pyx"         # request id to records
include "ticks.pyx"         # the hot messages, by hand
include "feed.pyx"          # rows back to frames
include "protocol.pyx"      # all of it behind a socket
