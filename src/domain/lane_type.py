"""A task type with the version of its payload, as stores keep it: `invoice:send` for the first, `invoice:send@3`.

So a worker claims exactly the versions that it knows, and whatever names a type means all of its versions.
"""

from __future__ import annotations

from backstage.domain.errors import InvalidTaskDataError
from backstage.domain.limits import shown

MAX_PAYLOAD_VERSION = 9999
_SEPARATOR = "@"
"""It is in no name."""


def check_payload_version(field: str, version: object) -> int:
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= MAX_PAYLOAD_VERSION:
        raise InvalidTaskDataError.of(field, f"{shown(version)} is not a whole number from 1 to {MAX_PAYLOAD_VERSION}")
    return version


def lane_type(type: str, payload_version: int) -> str:
    return type if payload_version == 1 else f"{type}{_SEPARATOR}{payload_version}"


def plain_type(lane: str) -> str:
    """The type alone, of any version."""
    return split_lane_type(lane)[0]


def payload_version(lane: str) -> int:
    return split_lane_type(lane)[1]


def split_lane_type(lane: str) -> tuple[str, int]:
    """The type and the version. What somebody else wrote in another form is a type as it stands."""
    type_, separator, digits = lane.rpartition(_SEPARATOR)
    if not separator or not digits.isascii() or not digits.isdigit():
        return lane, 1
    version = int(digits)
    is_ours = 1 < version <= MAX_PAYLOAD_VERSION and lane == lane_type(type_, version)
    return (type_, version) if is_ours else (lane, 1)
