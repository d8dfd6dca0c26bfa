"""Suites put to the test: known submissions, misconceptions, mutants, random trials."""
