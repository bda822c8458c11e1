"""One measurement a file: `measure(scene)` returns named numbers. Each runs in a fresh interpreter."""
