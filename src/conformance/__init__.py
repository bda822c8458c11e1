"""The definition of the ports, as tests: what every backend must do, word by word.

For whoever writes an adapter: subclass `ConformanceSuite` (module `suite`) in a test file, give it the one fixture
`new_store`, and run it with pytest and pytest-asyncio in auto mode. Nothing here knows any backend.
"""

from __future__ import annotations

from pkgutil import iter_modules

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))
