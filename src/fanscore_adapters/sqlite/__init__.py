"""The tables on SQLite, the embedded store."""
