"""The pages that people see: HTML made on the server, over the use cases alone."""

from backstage.pages.app import pages_app

__all__ = ["pages_app"]
