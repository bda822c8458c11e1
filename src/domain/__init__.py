"""What a task is and how it may move. Standard library and croniter only."""
