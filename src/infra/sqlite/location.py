"""Where the store's file is: the URL that names it, and the file made so that only its owner can read it."""

from __future__ import annotations

import math
import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from backstage.domain.deferred_dataclass import dataclass
from backstage.domain.errors import ConfigurationError, StoreReplacedError
from backstage.infra.redact_url import redact_url, shown_name

_SCHEME = "sqlite://"


def parse_url(url: str) -> tuple[Path, dict[str, Any]]:
    """Return the path of `sqlite:///relative.db` or `sqlite:////absolute.db`, and the options after `?`.

    Raises ConfigurationError for another form, an unknown option or a wrong value.
    """
    address, _, query = url.partition("?")
    shown = redact_url(url)
    if _is_in_memory(address, query):
        raise ConfigurationError(
            shown, "names a database in memory, which a second connection cannot see: use memory://"
        )
    if not address.lower().startswith(f"{_SCHEME}/") or len(address) <= len(_SCHEME) + 1:
        raise ConfigurationError(
            shown, "names no file: write sqlite:///relative.db or sqlite:////absolute/path.db, or memory:// for no file"
        )
    path = unquote(address[len(_SCHEME) + 1 :])
    if "\0" in path:
        raise ConfigurationError(repr(url), "contains a NUL character, which file names cannot have")
    options: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name == "synchronous":
            options[name] = _level(shown, text)
        elif name == "busy_timeout":
            options[name] = _seconds(shown, text)
        else:
            raise ConfigurationError(shown, f"unknown option {shown_name(name)}: use synchronous or busy_timeout")
    return Path(path), options


def _is_in_memory(address: str, query: str) -> bool:
    """As SQLite itself, SQLAlchemy and others write it; `file:` begins the URI of SQLite, which is no path here."""
    path = unquote(address[len(_SCHEME) :]).strip("/").lower()
    return path == ":memory:" or path.startswith("file::memory:") or "mode=memory" in query.lower()


def _level(url: str, text: str) -> str:
    if text not in ("full", "normal"):
        raise ConfigurationError(url, f"synchronous={text} is not valid: choose full or normal")
    return text


def _seconds(url: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 3600:
        raise ConfigurationError(url, f"busy_timeout={text} is not a number of seconds from 0 to 3600")
    return seconds


def prepare_file(path: Path, url: str) -> None:
    """Make the file, readable by its owner alone, unless it exists; refuse what cannot be a store.

    Raises ConfigurationError. The file is never opened here: closing it would drop the locks that SQLite holds on
    it for this whole process (sqlite.org, "How To Corrupt An SQLite Database File", 2.2).
    """
    if not path.parent.is_dir():
        raise ConfigurationError(url, f"the folder {path.parent} does not exist: create it first")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        _create(path, url)
        return
    except OSError as error:
        raise ConfigurationError(url, f"cannot access {path} ({error.strerror}): check its permissions") from error
    if stat.S_ISDIR(mode):
        raise ConfigurationError(url, f"{path} is a folder: name a file in it, such as {path / 'backstage.db'}")
    if stat.S_ISLNK(mode):
        raise ConfigurationError(url, f"{path} is a symbolic link: name the file it points to")
    if not stat.S_ISREG(mode):
        raise ConfigurationError(url, f"{path} is not a regular file: name another file")
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK):
        raise ConfigurationError(
            url, f"{path} or its folder is not writable: change its permissions, or name another file"
        )


def _create(path: Path, url: str) -> None:
    try:
        os.mknod(path, stat.S_IFREG | 0o600)  # fails on anything that exists, links too, and opens nothing
    except FileExistsError:
        return
    except PermissionError:
        _create_by_opening(path, url)
    except OSError as error:
        raise ConfigurationError(url, f"cannot create {path} ({error.strerror}): name a writable place") from error


def _create_by_opening(path: Path, url: str) -> None:
    """For systems whose mknod is the administrator's alone."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise ConfigurationError(url, f"cannot create {path} ({error.strerror}): name a writable place") from error


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """The file that was opened, whatever is at its path later."""

    path: Path
    device: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> FileIdentity:
        found = path.stat()
        return cls(path, found.st_dev, found.st_ino)

    def check(self) -> None:
        """Raise StoreReplacedError if the file was deleted or replaced: what is written now would be lost."""
        try:
            found = self.path.stat()
        except OSError as error:
            raise StoreReplacedError(
                f"{self.path}: is gone ({error.strerror}): restart to create a new store"
            ) from error
        if (found.st_dev, found.st_ino) != (self.device, self.inode):
            raise StoreReplacedError(f"{self.path}: was replaced by another file: restart to use that one")
