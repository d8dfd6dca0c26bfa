"""What `grade check` and the notebooks' `check` do: a function's public examples, without a jail."""
