from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(os.environ.get("GUESTBOOK_FOLDER", "."))

SECRET_KEY = "for this example alone"
DEBUG = True
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "examples.guestbook.urls"
INSTALLED_APPS = ["backstage.integrations.django", "examples.guestbook"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "guestbook.db"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

BACKSTAGE = {
    "URL": f"sqlite:///{FOLDER.absolute()}/backstage.db",
    "HANDLERS": ["examples.guestbook.tasks"],
}
