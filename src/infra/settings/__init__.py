"""Settings: where each comes from, what it may be, and how a wrong one is reported."""
