from __future__ import annotations

import asyncio
from contextlib import aclosing

from backstage.infra.container import Container
from backstage.pages.pulse import Beat, Pulse
from backstage.pages.shell import shell_of


async def test_what_changed_between_a_page_and_its_stream_is_told(store: Container) -> None:
    seen = (await shell_of(store)).look
    await store.enqueue("email:send")
    async with asyncio.timeout(30), aclosing(Pulse(0.01).follow(store, seen)) as beats:
        assert [await anext(beats), await anext(beats)] == [Beat.CHANGED, Beat.SAME]


async def test_the_store_is_read_as_whoever_still_listens_may_read_it(store: Container) -> None:
    pulse = Pulse(0.01)
    async with asyncio.timeout(30), Container.open("memory://") as other:
        first, second = pulse.follow(other), pulse.follow(store)
        assert await anext(first) is Beat.SAME
        assert await anext(second) is Beat.SAME
        await first.aclose()
        await store.enqueue("email:send")
        assert Beat.CHANGED in [await anext(second) for _ in range(3)]
        await second.aclose()
