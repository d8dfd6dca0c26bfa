"""nbgrader's gradebook.db: scores written, points given by hand read."""
