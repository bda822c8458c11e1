from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from backstage.conformance.backend_suite import BackendSuite
from backstage.conformance.trial import Trial
from backstage.domain.identity import Role
from backstage.domain.token import Token, digest_of, new_secret


class TokensKeeping(BackendSuite):
    """The tokens of the HTTP API."""

    async def test_there_is_no_token_at_first(self, trial: Trial) -> None:
        assert await trial.tokens.all() == []
        assert await trial.tokens.find(digest_of("bst_unknown")) is None

    async def test_a_token_is_found_by_the_digest_of_its_secret_alone(self, trial: Trial) -> None:
        secret = new_secret()
        token = await _made(trial, secret, expires_at=trial.clock.now() + timedelta(days=1))
        assert await trial.tokens.find(digest_of(secret)) == token
        assert await trial.tokens.find(digest_of(new_secret())) is None
        assert await trial.tokens.find(secret) is None

    async def test_tokens_come_oldest_first(self, trial: Trial) -> None:
        first = await _made(trial, id="2")
        trial.clock.advance(1.0)
        second = await _made(trial, id="1", role=Role.ADMIN, may_read_payloads=True)
        assert await trial.tokens.all() == [first, second]

    async def test_the_last_use_of_a_token_is_remembered(self, trial: Trial) -> None:
        secret = new_secret()
        token = await _made(trial, secret)
        await trial.tokens.used(token.id, trial.clock.now())
        used = replace(token, last_used_at=trial.clock.now())
        assert (await trial.tokens.find(digest_of(secret)), await trial.tokens.all()) == (used, [used])

    async def test_a_deleted_token_is_gone_and_a_late_use_does_not_bring_it_back(self, trial: Trial) -> None:
        secret = new_secret()
        token = await _made(trial, secret)
        other = await _made(trial, id="other")
        assert await trial.tokens.delete(token.id)
        assert not await trial.tokens.delete(token.id)
        await trial.tokens.used(token.id, trial.clock.now())
        assert (await trial.tokens.find(digest_of(secret)), await trial.tokens.all()) == (None, [other])


async def _made(trial: Trial, secret: str | None = None, **fields: Any) -> Token:
    """Put a token and return it."""
    usual = {"id": "1", "name": "ci é", "role": Role.OPERATOR, "may_read_payloads": False, "created_by": "ada"}
    token = Token(created_at=trial.clock.now(), **{**usual, **fields})
    await trial.tokens.put(token, digest_of(secret or new_secret()))
    return token
