"""The filters of the query language: what each name looks at in a task."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from difflib import get_close_matches
from types import MappingProxyType

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import InvalidQueryError
from backstage.domain.fingerprint import fingerprint
from backstage.domain.search_terms import Term
from backstage.domain.search_values import IsMatch, comparison, glob, has_comparison, moment, scalars_at
from backstage.domain.shown_state import STATE_WORDS, has_state
from backstage.domain.task import Task

IsFound = Callable[[Task], bool]
NewTest = Callable[[str, str, datetime], IsFound]
"""Of the filter's name, its value and now. Raises InvalidQueryError."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_END_OF_ID = re.compile(r"[0-9a-f]{1,12}")
_GREATEST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"


@dataclass(frozen=True, slots=True)
class Filter:
    """`is_each`: if it is given several times, a task must meet each of them; else one is enough."""

    test: NewTest
    summary: str
    example: str
    is_each: bool = False
    may_exclude: bool = True


def _state(name: str, value: str, now: datetime) -> IsFound:
    if value not in STATE_WORDS:
        nearest = _nearest(value, STATE_WORDS)
        problem = f"{value!r} is no state: there are {', '.join(STATE_WORDS)}"
        raise InvalidQueryError(name, problem, nearest and f"state:{nearest}")
    return lambda task: has_state(task, value, now)


def _text(read: Callable[[Task], str]) -> NewTest:
    def test(name: str, value: str, now: datetime) -> IsFound:
        is_match = glob(value)
        return lambda task: is_match(read(task))

    return test


def _worker(name: str, value: str, now: datetime) -> IsFound:
    """By its whole id, or by its name, which the id begins with."""
    is_id, is_of_name = glob(value), glob(f"{value}.*")
    return lambda task: task.lease is not None and _any_of(task.lease.worker_id, is_id, is_of_name)


def _any_of(text: str, *matches: IsMatch) -> bool:
    return any(is_match(text) for is_match in matches)


def _error(name: str, value: str, now: datetime) -> IsFound:
    wanted = value.lower()
    return lambda task: task.last_failure is not None and wanted in str(task.last_failure).lower()


def _key(name: str, value: str, now: datetime) -> IsFound:
    is_match = glob(value)
    return lambda task: task.key is not None and is_match(task.key)


def _tag(name: str, value: str, now: datetime) -> IsFound:
    is_match = glob(value)
    return lambda task: any(is_match(tag) for tag in task.tags)


def _fingerprint(name: str, value: str, now: datetime) -> IsFound:
    def is_found(task: Task) -> bool:
        failure = task.last_failure
        return failure is not None and fingerprint(task.type, failure).id.startswith(value)

    return is_found


def _id(name: str, value: str, now: datetime) -> IsFound:
    if not is_id(greatest_id(value)) and not _END_OF_ID.fullmatch(value):
        raise InvalidQueryError(name, f"{value!r} is no part of a task's id: those are hexadecimal, in lower case")
    return lambda task: has_in_id(task.id, value)


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def greatest_id(beginning: str) -> str:
    """The greatest id that begins so."""
    return beginning + _GREATEST_ID[len(beginning) :]


def has_in_id(task_id: str, part: str) -> bool:
    """By its beginning or its end: tasks of one minute begin alike."""
    return task_id.startswith(part) or task_id.endswith(part)


def _since(name: str, value: str, now: datetime) -> IsFound:
    earliest = moment(name, value, now)
    return lambda task: task.created_at >= earliest


def _until(name: str, value: str, now: datetime) -> IsFound:
    latest = moment(name, value, now)
    return lambda task: task.created_at < latest


def _number(read: Callable[[Task], float]) -> NewTest:
    def test(name: str, value: str, now: datetime) -> IsFound:
        is_match = comparison(name, value)
        return lambda task: is_match(read(task))

    return test


def _payload(name: str, value: str, now: datetime) -> IsFound:
    path = name.split(".")[1:]
    if not all(path):
        raise InvalidQueryError(name, "names nothing in a payload", f"payload.user_id:{value}")
    is_match = glob(value)
    is_number = comparison(name, value) if has_comparison(value) else None

    def is_found(task: Task) -> bool:
        if "payload_json" in (task.undecodable or ()):
            return False
        try:
            found = list(scalars_at(task.payload, path))
        except ValueError:  # somebody else wrote what is no JSON
            return False
        if is_number is not None:
            return any(is_number(each) for each in found if not isinstance(each, str))
        return any(is_match(each if isinstance(each, str) else f"{each}") for each in found)

    return is_found


FILTERS = MappingProxyType(
    {
        "state": Filter(_state, f"one of {', '.join(STATE_WORDS)}", "state:failed"),
        "type": Filter(_text(lambda task: task.type), "the type; * stands for any letters", "type:email:*"),
        "queue": Filter(_text(lambda task: task.queue), "the queue; * stands for any letters", "queue:mail"),
        "tag": Filter(_tag, "one of its tags", "tag:vip", is_each=True),
        "key": Filter(_key, "its key", "key:customer-7"),
        "worker": Filter(_worker, "running now on that worker", "worker:w1"),
        "workflow": Filter(_text(lambda task: task.workflow_id), "the id of its workflow", "workflow:order-7"),
        "correlation": Filter(_text(lambda task: task.correlation_id), "its correlation id", "correlation:req-1"),
        "error": Filter(_error, "words in its last error, in any case", 'error:"timed out"', is_each=True),
        "fingerprint": Filter(_fingerprint, "failed last of that cause", "fingerprint:1f2e3d4c5b6a7988"),
        "id": Filter(_id, "its id, or the first or last characters", "id:0193ab12", may_exclude=False),
        "since": Filter(_since, "created since then", "since:2h", is_each=True, may_exclude=False),
        "until": Filter(_until, "created before then", "until:2026-11-29", is_each=True, may_exclude=False),
        "attempts": Filter(_number(lambda task: task.attempt), "attempts begun", "attempts:>2", is_each=True),
        "priority": Filter(_number(lambda task: task.priority), "the priority", "priority:>=100", is_each=True),
    }
)
PAYLOAD = Filter(_payload, "what its payload holds at a path", "payload.user_id:42", is_each=True)


def filter_of(term: Term) -> Filter:
    """Raises InvalidQueryError for a name that is none, and for what cannot exclude."""
    found = PAYLOAD if term.name.startswith("payload.") else FILTERS.get(term.name)
    if found is None:
        raise _unknown(term)
    if term.is_excluding and not found.may_exclude:
        raise InvalidQueryError(term.name, "cannot exclude: leave out the -", str(Term(term.name, term.value)))
    return found


def _unknown(term: Term) -> InvalidQueryError:
    name = _nearest(term.name, (*FILTERS, "payload"))
    if name == "payload":
        name = PAYLOAD.example.partition(":")[0]
    nearest = str(Term(name, term.value, term.is_excluding)) if name else None
    problem = f"is no filter: there are {', '.join(sorted(FILTERS))} and payload.NAME"
    return InvalidQueryError(term.name, problem, nearest)


def _nearest(word: str, words: tuple[str, ...]) -> str | None:
    return next(iter(get_close_matches(word.lower(), words, n=1)), None)
