"""Submissions as files: which ones there are, what must be graded, which are alike. A file is read here, never run."""
