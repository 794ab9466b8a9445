"""The items of the four tables, and the operations on them, for any store."""
