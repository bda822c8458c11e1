from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from backstage.conformance.trial import Trial
from backstage.domain.finding import Finding, Severity
from backstage.infra.sqlite.backend import SqliteBackend
from backstage.infra.sqlite.diagnosis import sqlite_version_finding
from backstage.infra.sqlite.file_system import file_system_of, is_of_a_network
from backstage.testing.fake_clock import FakeClock


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


async def test_a_sound_store_gives_no_error_and_every_other_finding_a_remedy(
    trial: Trial, backend: SqliteBackend
) -> None:
    await trial.added()
    findings = await backend.diagnose()
    assert {finding.status for finding in findings} <= {Severity.OK, Severity.WARNING}
    assert all(finding.remedy for finding in findings if finding.status is not Severity.OK)
    names = {"sqlite version", "journal mode", "synchronous", "integrity", "file mode", "file system", "schema"}
    assert names | {"room", "lanes", "size"} == by_name(findings).keys()


async def test_a_thousand_lanes_with_work_are_warned_of(trial: Trial, backend: SqliteBackend) -> None:
    await trial.tasks.add([trial.new_task(queue=f"q{n}") for n in range(999)])
    assert by_name(await backend.diagnose())["lanes"].status is Severity.OK
    await trial.added(queue="one-more")
    assert by_name(await backend.diagnose())["lanes"].status is Severity.WARNING


async def test_less_durability_and_open_files_are_warned_of(path: Path, clock: FakeClock) -> None:
    backend = SqliteBackend(path, clock, synchronous="normal")
    await backend.open()
    await asyncio.to_thread(path.chmod, 0o644)
    findings = [each for each in await backend.diagnose() if each.status is Severity.WARNING]
    await backend.close()
    assert {"synchronous", "file mode"} <= by_name(findings).keys()


async def test_a_store_that_was_never_migrated_is_told_how(path: Path, clock: FakeClock) -> None:
    await asyncio.to_thread(path.touch)
    findings = by_name(await SqliteBackend(path, clock).diagnose())
    assert findings["schema"].status is Severity.WARNING
    assert "backstage migrate" in findings["schema"].remedy


async def test_looking_at_a_store_that_is_not_there_makes_none(path: Path, clock: FakeClock) -> None:
    findings = by_name(await SqliteBackend(path, clock).diagnose())
    assert findings["file"].status is Severity.WARNING
    assert not await asyncio.to_thread(path.exists)


def damage(path: Path) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[4096 * 3 : 4096 * 3 + 200] = b"\xff" * 200
    path.write_bytes(damaged)


async def test_a_damaged_file_is_an_error(path: Path, clock: FakeClock) -> None:
    backend = SqliteBackend(path, clock)
    await backend.open()
    await backend.close()
    damage(path)
    assert by_name(await backend.diagnose())["integrity"].status is Severity.ERROR


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ((3, 40, 1), Severity.WARNING),
        ((3, 44, 5), Severity.WARNING),
        ((3, 44, 6), Severity.OK),
        ((3, 45, 9), Severity.WARNING),
        ((3, 50, 6), Severity.WARNING),
        ((3, 50, 7), Severity.OK),
        ((3, 51, 2), Severity.WARNING),
        ((3, 51, 3), Severity.OK),
        ((3, 52, 0), Severity.OK),
    ],
)
def test_versions_with_the_wal_reset_bug_are_warned_of(version: tuple[int, int, int], status: Severity) -> None:
    finding = sqlite_version_finding(version)
    assert finding.status is status
    assert ("Other programs may still trigger it" in finding.detail) == (status is Severity.WARNING)


MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:45 / /mnt/shared\\040files rw,relatime shared:1 - nfs4 server:/export rw
31 22 0:46 / /mnt/shared\\040files/local rw,relatime - tmpfs none rw
"""


@pytest.mark.parametrize(
    ("path", "kind", "is_network"),
    [
        ("/srv/tasks.db", "ext4", False),
        ("/mnt/shared files/tasks.db", "nfs4", True),
        ("/mnt/shared files/local/tasks.db", "tmpfs", False),
    ],
)
def test_a_file_on_a_network_file_system_is_told(path: str, kind: str, is_network: bool, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert file_system_of(Path(path), mounts) == kind
    assert is_of_a_network(kind) is is_network
    assert file_system_of(Path(path), tmp_path / "none") is None
