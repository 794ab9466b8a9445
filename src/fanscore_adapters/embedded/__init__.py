"""What stands in for AWS on one machine: the event bus, services, the liveness vendor."""
