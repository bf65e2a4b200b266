"""Connecting to a host that has several addresses: one that does not answer takes no time from the others."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any

NEXT_ADDRESS_AFTER_S = 0.25
"""The pause before the next address is tried beside those that have not answered (RFC 8305)."""

Address = tuple[int, int, Any]
"""Family, protocol, and what `socket.socket.connect` takes."""


async def connect_to_any(host: str, port: int) -> socket.socket | None:
    """A socket to the first address of ``host`` that accepts; None if it has one address only, which is not tried.

    Addresses are tried in the order of the resolver, the next one when one fails or after a quarter of a second.

    Raises:
        OSError: the name is unknown, or every address failed: the error of the last, or of those that did not refuse.
    """
    addresses = await _resolve(host, port)
    if len(addresses) < 2:
        return None
    return await _race(addresses)


async def _resolve(host: str, port: int) -> list[Address]:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys((int(family), proto, address) for family, _, proto, _, address in found))
    return []


async def _race(addresses: list[Address]) -> socket.socket:
    failures: list[OSError] = []
    running: set[asyncio.Task[socket.socket]] = set()
    try:
        for address in addresses:
            running.add(asyncio.create_task(_connect(address)))
            if connected := await _first(running, failures, NEXT_ADDRESS_AFTER_S):
                return connected
        while running:
            if connected := await _first(running, failures, None):
                return connected
    finally:
        for task in running:
            task.cancel()
        for result in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(result, socket.socket):  # it came too late
                result.close()
    raise next((error for error in failures if not isinstance(error, ConnectionRefusedError)), failures[-1])


async def _first(
    running: set[asyncio.Task[socket.socket]], failures: list[OSError], timeout_s: float | None
) -> socket.socket | None:
    """The first socket that is connected within the time; those that failed no longer run then."""
    done, _ = await asyncio.wait(running, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    connected = None
    for task in done:
        error = task.exception()
        if isinstance(error, OSError):
            failures.append(error)
        elif error is not None or connected is None:
            connected = task.result()
        else:
            continue  # a second one: whoever raced them closes it
        running.discard(task)
    return connected


async def _connect(address: Address) -> socket.socket:
    family, proto, where = address
    sock = socket.socket(family, socket.SOCK_STREAM, proto)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock
