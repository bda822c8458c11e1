"""The web server of a worker and of `backstage web`: imported only where it serves, as it comes with an extra."""

from __future__ import annotations

import uvicorn
from starlette.types import ASGIApp

from backstage.worker.status.bounded_http import BoundedHttp
from backstage.worker.status.listening import BACKLOG


def web_server(app: ASGIApp, root_path: str = "") -> uvicorn.Server:
    """Bounded in what it takes of a client that sends slowly, or too much."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            root_path=root_path,
            http=BoundedHttp,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=1,
        )
    )
