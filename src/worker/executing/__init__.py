"""How one attempt is executed: on the loop, in a thread or in a process, and what its end means."""
