"""The AWS adapters against the ordinary way: ``python -m benchmarks.aws``, ``make bench-aws``."""
