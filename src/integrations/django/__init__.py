"""Backstage in a Django project: an application for INSTALLED_APPS, and what its views call.

The setting BACKSTAGE is a dictionary of settings in capitals, `{"URL": "…", "HANDLERS": ["shop.tasks"]}`. What it
leaves out comes from the environment and the files, as everywhere.
"""

from __future__ import annotations

from backstage.integrations.django.enqueueing import backstage, enqueue, enqueue_on_commit

__all__ = ["backstage", "enqueue", "enqueue_on_commit"]
