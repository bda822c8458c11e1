"""The figures that Backstage wants to reach, measured and judged in one run: `python -m benchmarks.goals --help`."""
