"""What a handler is: how it is registered, called, limited, and what it is given."""
