"""Scoring an event on AWS, on an emulator, while things go wrong."""
