"""The names of log events of what answers over HTTP: pages and the API."""

REQUEST_UNANSWERED = "request_unanswered"  # because of the store
