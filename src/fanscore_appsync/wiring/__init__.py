"""From settings to apps: the one place that names adapters."""
