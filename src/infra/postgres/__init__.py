"""The store in a PostgreSQL server, shared by any number of hosts."""
