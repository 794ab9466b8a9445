"""The gateway, as its callers wait for it: ``python -m benchmarks.gateway``."""
