"""`grade serve`: students hand in through a browser and read their page; the course folder stays the book of marks."""
