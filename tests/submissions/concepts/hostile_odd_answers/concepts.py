"""Not even a table: a generator, then an exit, then an endless loop."""
import sys

CALLS = []


def answers(params):
    CALLS.append(params)
    if len(CALLS) == 1:
        return (pair for pair in [["forward", "fixed"]])
    if len(CALLS) == 2:
        return {1: 2, None: 3, ("a",): 4}
    if len(CALLS) == 3:
        return [["schedules"], 5]
    if len(CALLS) == 4:
        sys.exit("done")
    return 10**300
