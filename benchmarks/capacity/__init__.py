"""What a machine of this kind can carry, measured for docs/measured/capacity.md: `python -m benchmarks.capacity`."""
