"""The command ``fanscore``."""
