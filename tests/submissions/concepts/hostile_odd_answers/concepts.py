"""Not even a table: a generator, a dictionary of oddities, a broken list, an exit or a number, by the numbers given."""
import sys


def answers(params):
    kind = round(100 * sum(params["betas"])) % 5
    if kind == 0:
        return (pair for pair in [["forward", "fixed"]])
    if kind == 1:
        return {1: 2, None: 3, ("a",): 4}
    if kind == 2:
        return [["schedules"], 5]
    if kind == 3:
        sys.exit("done")
    return 10**300
