"""How questions are put to services, and their answers read: a module for each port."""
