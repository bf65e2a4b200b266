"""What a worker of pytest-xdist says of a test, in what can be sent: a report that cannot ends the whole run."""

from collections.abc import Mapping

import pytest

SENT = (int, float, bytes, bool, type(None))


def sendable(value):
    """The same, with half of a surrogate pair written out, and as text what only the process itself can hold."""
    if type(value) in SENT:
        return value
    if isinstance(value, Mapping):
        return {sendable(key): sendable(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(sendable, value))
    return str(value).encode("utf-8", "backslashreplace").decode()


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable():
    """Whatever a report holds, the process that gathers them gets it; see `sendable`."""
    return sendable((yield))
