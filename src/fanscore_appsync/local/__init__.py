"""What runs on a developer's machine only. Nothing deployed imports it."""
