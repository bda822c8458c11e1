"""Other task queues, for paired runs. They are installed by whoever asks for them."""
