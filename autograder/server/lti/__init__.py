"""LTI 1.3 Advantage: launches from an LMS, its course's members, and marks back into its gradebook.

`launch` decides whom to believe, `wire` speaks to the LMS, `passback` decides which mark is sent when, `book`
remembers, `join` says who of the LMS is whom of the roster, `setup` connects an LMS, `pages` are the addresses.
"""
