"""A network that is slow or cut, between a driver and its server; both are on this machine."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_CHUNK = 4096
_COMMIT = b"\x00\x02\xb0\x12\x00\x00"
"""The message COMMIT of Bolt, with its frame."""

_SECONDS_TO_COMMIT = 0.2


@dataclass(slots=True)
class Network:
    """What it does to the bytes.

    Attributes:
        name: What tests call it.
        delay: Seconds that each piece waits, in both directions.
        cut_after: The connection is cut after so many bytes of the client; 0 for never.
        lose_commits: Whether it is cut after each COMMIT, before the server's answer comes through.
        times: How many cuts at most.
    """

    name: str
    delay: float = 0.0
    cut_after: int = 0
    lose_commits: bool = False
    times: int = 0


NETWORKS = (
    Network("slow", delay=0.002),
    Network("cut within statements", cut_after=5_000, times=2),
    Network("cut before the answer to a commit", lose_commits=True, times=4),
    Network("slow and cut", delay=0.002, cut_after=9_000, lose_commits=True, times=4),
)


class _Proxy:
    def __init__(self, network: Network, port: int) -> None:
        self._network = network
        self._port = port
        self.cuts = 0

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Joins a client with the server until one of them, or the network, ends it."""
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        lost = asyncio.Event()
        up = asyncio.create_task(self._up(reader, back, lost))
        down = asyncio.create_task(self._down(there, writer, lost))
        try:
            await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for side in (writer, back):
                side.transport.abort()
            for task in (up, down):
                task.cancel()
            await asyncio.gather(up, down, return_exceptions=True)

    async def _down(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event
    ) -> None:
        while data := await reader.read(_CHUNK):
            await asyncio.sleep(self._network.delay)
            if not lost.is_set():
                writer.write(data)
                await writer.drain()

    async def _up(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event
    ) -> None:
        sent = 0
        while data := await reader.read(_CHUNK):
            await asyncio.sleep(self._network.delay)
            sent += len(data)
            if self._cuts(0 < self._network.cut_after <= sent):
                writer.write(data[: len(data) // 2])
                await writer.drain()
                return
            if _COMMIT in data and self._cuts(self._network.lose_commits):
                lost.set()
            writer.write(data)
            await writer.drain()
            if lost.is_set():
                await asyncio.sleep(_SECONDS_TO_COMMIT)
                return

    def _cuts(self, now: bool) -> bool:
        cut = now and self.cuts < self._network.times
        self.cuts += cut
        return cut


@contextmanager
def through(network: Network, port: int) -> Iterator[int]:
    """The port of a proxy before a port of this machine."""
    loop = asyncio.new_event_loop()
    proxy = _Proxy(network, port)
    server = loop.run_until_complete(asyncio.start_server(proxy.connect, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert proxy.cuts == network.times


async def _closed(server: asyncio.Server) -> None:
    server.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
