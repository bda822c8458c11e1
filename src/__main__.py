"""`python -m backstage`: the same as the command `backstage`."""

from __future__ import annotations

from backstage.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
