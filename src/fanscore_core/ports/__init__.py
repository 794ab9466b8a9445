"""The questions that the core asks of the outside, one module for each system."""
