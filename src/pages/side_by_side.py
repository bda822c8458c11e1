from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator


async def side_by_side(*streams: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """What each of them yields, as it comes, until all have ended."""
    waiting = {asyncio.ensure_future(anext(stream)): stream for stream in streams}
    try:
        while waiting:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for ready in done:
                stream = waiting.pop(ready)
                try:
                    text = ready.result()
                except StopAsyncIteration:
                    continue
                waiting[asyncio.ensure_future(anext(stream))] = stream
                yield text
    finally:
        for each in waiting:
            each.cancel()
        if waiting:
            await asyncio.wait(waiting)
        for stream in streams:
            await stream.aclose()
