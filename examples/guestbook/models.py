from __future__ import annotations

from django.db import models


class Entry(models.Model):
    name = models.CharField(max_length=100)
    greeting = models.CharField(max_length=200, blank=True)
