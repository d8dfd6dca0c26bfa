"""Deprecated: what was here is in `gradebook`, `lms`, `pages`, `release` and `results`."""
