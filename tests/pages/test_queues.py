"""The table of queues, and one queue opened."""

from __future__ import annotations

import httpx

from backstage.infra.container import Container
from backstage.testing.fake_clock import FakeClock
from tests.pages.scene import build


async def test_an_open_queue_shows_what_ran_on_it_and_the_table_how_fast(
    client: httpx.AsyncClient, store: Container
) -> None:
    await build(store, 21)
    html = (await client.get("/queues?open=billing")).text
    assert 'Throughput of <span class="name">billing</span>' in html
    assert 'aria-label="Completed tasks: ' in html
    assert "Done / min" in html
    assert 'id="throughput"' not in (await client.get("/queues")).text


async def test_without_a_worker_one_sentence_is_told_and_not_one_for_each_queue(
    client: httpx.AsyncClient, store: Container, clock: FakeClock
) -> None:
    for queue in ("mail", "reports", "billing"):
        await store.enqueue("a", queue=queue)
    await store.pause_queue("billing")
    clock.advance(5.0)
    html = (await client.get("/queues")).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "No worker is alive.</b> 2 tasks wait. Start one with <code>backstage worker</code>" in html
    assert html.count("stands still.</b>") == 1
