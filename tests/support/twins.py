"""The blocking client, used the way the async one is, so that one test serves both."""

import asyncio
import contextlib
import inspect
import threading

from ibfast._blocking.proxy import Facade

END = object()


class Threaded:
    """A blocking object, used the way its async twin is: what would be awaited runs in a worker thread."""

    def __init__(self, face):
        self.face = face

    def __getattr__(self, name):
        twin = inspect.getattr_static(type(self.face._async), name, None)
        value = getattr(self.face, name)
        if inspect.isasyncgenfunction(twin) or name == "events":
            return lambda *arguments, **options: iterate(value(*arguments, **options))
        if inspect.iscoroutinefunction(twin):
            return lambda *arguments, **options: in_thread(value, *arguments, **options)
        if callable(value):
            return lambda *arguments, **options: wrapped(value(*unwrapped(arguments), **options))
        return wrapped(value)

    def __aiter__(self):
        return iterate(iter(self.face))

    async def __aenter__(self):
        await in_thread(self.face.__enter__)
        return self

    async def __aexit__(self, *error):
        await in_thread(self.face.__exit__, *error)


async def in_thread(function, *arguments, **options):
    """Like asyncio.to_thread, with a thread of its own each time, and one that ends with the process."""
    loop = asyncio.get_running_loop()
    returned = loop.create_future()

    def settle(result, error):
        if not returned.done():
            returned.set_exception(error) if error is not None else returned.set_result(result)

    def work():
        result = error = None
        try:
            result = function(*unwrapped(arguments), **options)
        except StopIteration:  # nothing that a future can carry
            result = END
        except BaseException as caught:
            error = caught
        with contextlib.suppress(RuntimeError):  # the test is over
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=work, daemon=True).start()
    result = await returned
    if result is END:
        raise StopAsyncIteration
    return wrapped(result)


async def iterate(items):
    while (item := await in_thread(next, items, None)) is not None:
        yield item


def wrapped(value):
    if isinstance(value, list):
        return [wrapped(item) for item in value]
    return Threaded(value) if isinstance(value, Facade) else value


def unwrapped(arguments):
    return [argument.face if isinstance(argument, Threaded) else argument for argument in arguments]
