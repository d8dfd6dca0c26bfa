"""What students are given: notebooks, starters, the bundle."""
