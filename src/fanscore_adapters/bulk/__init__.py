"""One event's registrants, from exports of the tables to findings and scores, in bounded memory."""
