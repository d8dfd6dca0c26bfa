"""The same for processes of ours that fork often (see autograder/boundary/huge_pages.py)."""

from autograder.boundary.huge_pages import WORTHWHILE, gather

__all__ = ["WORTHWHILE", "gather"]
