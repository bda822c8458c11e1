from __future__ import annotations

import pytest


class Sized:
    """Takes fewer random walks than an adapter's author does, but with --long."""

    @pytest.fixture
    def walks(self, is_long: bool) -> int:
        return 60 if is_long else 12
