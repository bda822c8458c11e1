"""The web server that a worker's status is served by: imported only where it is, as it comes with an extra."""

from __future__ import annotations

import uvicorn

from backstage.worker.status.app import status_app
from backstage.worker.status.bounded_http import BoundedHttp
from backstage.worker.status.observed import Observed
from backstage.worker.status.server import BACKLOG


def web_server(observed: Observed) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            status_app(observed),
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
