"""An autograder that never lets a submission decide its own grade.

The rooms, from the command down: `cli`, `pipeline`, `executors`, `grading`; then `planning`, `sandbox`, `suite` and
`output`, which do not know each other; then `scoring`, `contracts` and `errors`, which are pure. `jailed` is the code
that runs beside hostile code: it imports nothing of ours. Nothing here knows what the course teaches.
"""

__version__ = "0.1.0"
