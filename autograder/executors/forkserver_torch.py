"""Import torch once, for the process that graders are forked from, where a suite or a submission uses it.

Garbage collections find nothing meanwhile, and take a sixth of the time.
"""

import gc

gc.disable()

import torch  # noqa: E402, F401

gc.enable()
