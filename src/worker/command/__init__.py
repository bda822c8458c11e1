"""The command line of `python -m worker.run` and `backstage worker`, and the fleet of processes behind it."""
