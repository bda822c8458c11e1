"""What Backstage is called on the package index, where `backstage` is another project."""

from __future__ import annotations

DISTRIBUTION = "backstage-worker"
