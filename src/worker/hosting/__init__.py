"""What an application holds: workers, services, schedulers, broadcasts, and what brings them up and down."""
