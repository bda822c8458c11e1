"""The `backstage` command."""
