"""Adapters: how the core's questions are answered, and how documents become values."""
