"""Run a suite on code that we trust: `python -m autograder.suite.rehearse SUITE [FILE.py [MODEL]]`.

The public name of `autograder.verdicts.trusted`, for authors and their scripts.
"""

import sys

from autograder.verdicts.trusted import dry_run as rehearse
from autograder.verdicts.trusted import load_functions, main

__all__ = ["load_functions", "main", "rehearse"]

if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    sys.exit(main(sys.argv[1:]))
