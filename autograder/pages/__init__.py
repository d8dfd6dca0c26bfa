"""HTML pages: a student's, the way through the course, the class dashboard, similarity."""
