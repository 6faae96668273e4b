# A URL that somebody else serves.

manual-url = URL
