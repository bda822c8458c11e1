"""The embedded store: one file, no server, shared by the processes of one host."""
