"""The report of a policy diff for people: its tables, and the page that shows them."""
