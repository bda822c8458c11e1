from __future__ import annotations

from backstage.conformance.trial import Trial


async def test_an_id_on_two_queues_is_two_tasks(trial: Trial) -> None:
    """What docs/backends.md says that the engine forces: on a cluster, two queues have no common key."""
    mail = trial.new_task(queue="mail")
    again = trial.new_task(id=mail.id, queue="sms")
    assert await trial.tasks.add([mail, again]) == [None, None]
    assert await trial.tasks.add([mail]) == [None]
    claimed = await trial.claim(5, queues={"mail": 0, "sms": 0})
    assert sorted((task.id, task.queue) for task in claimed) == [(mail.id, "mail"), (mail.id, "sms")]
