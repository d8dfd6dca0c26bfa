"""One module for each system."""
