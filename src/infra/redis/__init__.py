"""The store on Redis or Valkey: tasks are hashes, waiting lines are streams, each step is one script per queue."""
