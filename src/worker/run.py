"""`python -m worker.run`: run the worker until it is told to stop."""

from backstage.worker.command.command import main

if __name__ == "__main__":
    raise SystemExit(main())
