"""What users need to test their own tasks: no server, no waiting, the real outcomes."""
