"""The routing table: a module for each group of fields, with their arguments and rows."""
