"""The same for processes of ours that fork often (see autograder/jailed/huge_pages.py)."""

from autograder.jailed.huge_pages import WORTHWHILE, gather

__all__ = ["WORTHWHILE", "gather"]
