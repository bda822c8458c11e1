from __future__ import annotations

import re

_AUTHORITY = re.compile(r"(?s)(?<=://)(?P<user>[^/?#:]*):(?P<secret>.*)@")
_PARAMETER = re.compile(r"(?i)(?P<name>[?&;](?:[a-z_.\-]*(?:password|passwd|secret|token)|sslkey)=)[^&;#]*")


def redact_url(url: str) -> str:
    """Return the URL with its password as `***`, fit for logs and errors; never fails, whatever the text is.

    Everything up to the last `@` counts as the password, for an unescaped `@`, `/` or `#` in it is a common slip.
    """
    return _PARAMETER.sub(r"\g<name>***", _AUTHORITY.sub(r"\g<user>:***@", url))
