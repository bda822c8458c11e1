"""What somebody who opens a store may make of it."""

from __future__ import annotations

from enum import Enum


class Opening(Enum):
    """Only WORK changes the schema of a store that exists: processes of the release before could not start any more."""

    READ = "read"
    """Create nothing: a store with a schema that is not there is refused with StoreNotReadyError."""
    PRODUCE = "produce"
    """Create a file or the few keys of a Redis store, but no tables on a database server: there the steps raise
    StoreNotReadyError until somebody has made them."""
    CREATE = "create"
    """Create a store that is not there."""
    WORK = "work"
    """Create a store that is not there, and bring one that exists up to date."""
    WORK_AS_IT_IS = "work as it is"
    """For a worker that may not do so: what is not up to date is refused with ConfigurationError."""


def without_migrating(opening: Opening) -> Opening:
    """The same for somebody who must leave schemas to `backstage migrate`."""
    return {Opening.WORK: Opening.WORK_AS_IT_IS, Opening.CREATE: Opening.PRODUCE}.get(opening, opening)
