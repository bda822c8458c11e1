"""The use cases as somebody may use them who is known by name and role."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from backstage.app.hidden_payloads import without_payloads
from backstage.app.permissions import PERMISSIONS, Permission
from backstage.app.use_cases import UseCases
from backstage.domain.audit_entry import AuditEntry, AuditOutcome
from backstage.domain.errors import NotAllowedError, StorageError, StoreNotReadyError
from backstage.domain.identity import Identity, Role
from backstage.domain.payload_terms import HIDDEN

_READER = "somebody who may read payloads"


class GuardedUseCases(UseCases):
    """The same use cases under the same names, for one identity.

    Each call checks the role, and hides payloads and results from who may not read them. What changes something is
    written into the audit log before it is done, and what became of it afterwards. Use cases that call others are not
    checked again. Raises NotAllowedError.
    """

    def __init__(self, use_cases: UseCases, identity: Identity) -> None:
        self.identity = identity
        self.clock = use_cases.clock
        self._use_cases = use_cases

    def put_together(self, name: str, class_name: str) -> Any:
        return _Guarded(self._use_cases, name, self.identity)


class _Guarded:
    """One use case for one identity."""

    def __init__(self, use_cases: UseCases, name: str, identity: Identity) -> None:
        self._call: Callable[..., Any] = getattr(use_cases, name)
        self._use_cases, self._name, self._identity = use_cases, name, identity
        self._permission: Permission = PERMISSIONS[name]

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if self._permission.signed_as is not None:
            options = {**options, self._permission.signed_as: self._identity.name}
        self._check(arguments, options)
        if self._permission.role_of is not None:
            return self._after_asking(arguments, options)
        if self._permission.takes_back_args and not self._identity.may_read_payloads:
            return self._with_stored_args(arguments, options)
        if self._permission.is_told_first:
            return self._told_first(arguments, options)
        answer = self._call(*arguments, **options)
        if hasattr(answer, "__aiter__"):
            return self._each(answer, arguments, options)
        return self._whole(answer, arguments, options)

    async def _told_first(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """An action of which the log has that it began, should the process die within it."""
        begun = await self._tell(None, arguments, options, AuditOutcome.BEGUN)
        try:
            whole = await self._call(*arguments, **options)
        except StorageError:
            raise  # whether it was done is not known, and the log says no more
        except Exception:
            await self._tell_end(None, arguments, options, AuditOutcome.FAILED, begun)
            raise
        await self._tell_end(whole, arguments, options, AuditOutcome.DONE, begun)
        return self._shown(whole)

    async def _whole(self, answer: Awaitable[Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        whole = await answer
        await self._tell(whole, arguments, options)
        return self._shown(whole)

    async def _each(
        self, answers: AsyncIterator[Any], arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> AsyncIterator[Any]:
        await self._tell(None, arguments, options)
        try:
            async for answer in answers:
                yield self._shown(answer)
        finally:
            if isinstance(answers, AsyncGenerator):
                await answers.aclose()  # whoever stops listening takes no more of the store

    def _check(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        role = self._permission.role
        if role is None:
            raise NotAllowedError(self._identity.name, self._name, "the program itself")
        self._must_be(role)
        if self._permission.role_for is not None:
            from backstage.app.audited_arguments import by_name  # noqa: PLC0415 - see below

            self._must_be(self._permission.role_for(by_name(self._call, arguments, options)))
        if options.get("may_read_payloads") and not self._identity.may_read_payloads:
            raise NotAllowedError(self._identity.name, self._name, _READER)
        if self._permission.is_search and not self._identity.may_read_payloads:
            self._refuse_payload_filters(arguments, options)

    def _must_be(self, role: Role) -> None:
        if not self._identity.role.includes(role):
            raise NotAllowedError(self._identity.name, self._name, f"the role {role}")

    async def _after_asking(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """For a call whose role depends on what is stored."""
        from backstage.app.audited_arguments import by_name  # noqa: PLC0415 - see below

        assert self._permission.role_of is not None
        self._must_be(await self._permission.role_of(self._use_cases, by_name(self._call, arguments, options)))
        return await self._told_first(arguments, options)

    async def _with_stored_args(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """For a schedule that somebody changes who does not see its args."""
        from backstage.app.audited_arguments import by_name  # noqa: PLC0415 - see below
        from backstage.app.kept_args import with_stored_args  # noqa: PLC0415

        cron = await with_stored_args(self._use_cases, by_name(self._call, arguments, options)["cron"])
        return await self._told_first((cron,), {})

    def _refuse_payload_filters(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
        """Whoever asks which payloads have a value reads them, a guess at a time."""
        from backstage.app.audited_arguments import by_name  # noqa: PLC0415 - see below
        from backstage.app.payload_filters import looks_into_payloads  # noqa: PLC0415

        if looks_into_payloads(by_name(self._call, arguments, options), self._use_cases.clock.now()):
            raise NotAllowedError(self._identity.name, f"{self._name} by payload", _READER)

    def _shown(self, answer: Any) -> Any:
        if self._identity.may_read_payloads:
            return answer
        return HIDDEN if self._permission.answers_payload else without_payloads(answer)

    async def _tell_end(
        self,
        answer: Any,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        outcome: AuditOutcome,
        begun: AuditEntry | None,
    ) -> None:
        """What the caller gets is what was done, even if the log cannot be told: it has that the action began."""
        with suppress(StorageError):
            await self._tell(answer, arguments, options, outcome, begun)

    async def _tell(
        self,
        answer: Any,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
        outcome: AuditOutcome = AuditOutcome.DONE,
        begun: AuditEntry | None = None,
    ) -> AuditEntry | None:
        if not self._permission.is_audited:
            return None
        from backstage.app.audited_arguments import by_name, told  # noqa: PLC0415 - those who only look need no inspect

        named = by_name(self._call, arguments, options)
        with suppress(StoreNotReadyError):  # an earlier release made the store: it has no log yet
            return await self._use_cases.record_audit(
                self._identity.name,
                self._name,
                self._permission.target(named, answer),
                self._permission.tasks(answer) if outcome is AuditOutcome.DONE else 0,
                told(named),
                outcome=outcome,
                begun=begun,
            )
        return None
