from __future__ import annotations

import getpass
import socket

from backstage.domain.identity import Identity, Role


def host_user() -> Identity:
    """Whoever runs this command, as the audit log names them: user@host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have a number alone
        user = "unknown"
    return Identity(f"{user}@{socket.gethostname()}", Role.ADMIN)
