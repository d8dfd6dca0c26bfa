"""Learning management systems: `intake` reads what they hand over, `export` makes what they import."""
