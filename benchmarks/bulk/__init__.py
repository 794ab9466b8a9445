"""Measures scoring one event's registrants from exports."""
