"""Read the course, find the submissions, decide what must run.

Runs no student code and parses none: a file is bytes here, with a size and a hash.
"""
