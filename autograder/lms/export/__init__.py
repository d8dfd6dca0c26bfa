"""Scores as the table that an LMS imports."""
