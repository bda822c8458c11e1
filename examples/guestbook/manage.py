"""From the root of the checkout: python -m examples.guestbook.manage migrate --run-syncdb, then runserver."""

from __future__ import annotations

import os

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examples.guestbook.settings")
    execute_from_command_line()
