"""python -m tests.mutants [NAME …]: break the code in small ways, one after another, and see that a test notices each.

With names, only mutants whose name holds one of them. Exits with 1 if one survives. Takes minutes, and is no part of
the suite; `test_mutants.py` is, and sees that no mutant goes stale.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.mutant import ROOT, Mutant, all_mutants
from tests.mutants.trial_tree import TrialTree


def main(names: Sequence[str]) -> int:
    mutants = [each for each in all_mutants() if not names or any(name in each.name for name in names)]
    if not mutants:
        print("no mutant has such a name", file=sys.stderr)
        return 2
    for each in mutants:  # before the first minutes are spent
        each.mutated((ROOT / each.file).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="backstage-mutants-") as folder:
        tree = TrialTree(Path(folder))
        whole = tree.check(sorted({test for each in mutants for test in each.tests}))
        if whole.failed is not None:
            print(f"{whole.failed} fails without any mutant:\n{whole.output}", file=sys.stderr)
            return 2
        survivors = [each for each in mutants if not _is_killed(tree, each)]
    print(f"\n{len(mutants) - len(survivors)} of {len(mutants)} killed")
    for each in survivors:
        print(f"SURVIVED: {each.name} ({each.file})")
    return 1 if survivors else 0


def _is_killed(tree: TrialTree, mutant: Mutant) -> bool:
    verdict = tree.try_out(mutant)
    print(f"{mutant.name:<72} {verdict.failed or 'SURVIVED'}", flush=True)
    return verdict.failed is not None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
