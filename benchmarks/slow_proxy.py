"""Hands TCP connections on and answers later by a fixed time: PORT UPSTREAM_PORT SECONDS."""

import asyncio
import sys


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Hand on what comes; each piece so many seconds after it came, however many are waiting."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue()

    async def write() -> None:
        while (item := await queue.get()) is not None:
            due, data = item
            await asyncio.sleep(max(0, due - loop.time()))
            writer.write(data)
            await writer.drain()
        writer.close()

    task = asyncio.create_task(write()) if seconds else None
    try:
        while data := await reader.read(1 << 18):
            if task:
                queue.put_nowait((loop.time() + seconds, data))
            else:
                writer.write(data)
                await writer.drain()
    except ConnectionError:
        pass
    finally:
        if task:
            queue.put_nowait(None)
        else:
            writer.close()


async def main() -> None:
    port, upstream, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", upstream)
        await asyncio.gather(
            pump(reader, up_writer, 0), pump(up_reader, writer, seconds), return_exceptions=True
        )

    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


asyncio.run(main())
