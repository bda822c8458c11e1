"""The words and icons of the states that people see, in the order of a task's life."""

from __future__ import annotations

from backstage.domain.shown_state import STATE_WORDS

LABELS = {word: word.capitalize() for word in STATE_WORDS}
