"""How one submission's checks are judged: run, compared, explained, carried forward."""
