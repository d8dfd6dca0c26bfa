"""From the bytes of a hand-in to Python statements: notebooks, IPython, exported scripts, files that parse in part.

Both the jail and `grade check` read with it, so that they say the same. It runs nothing and imports nothing of ours.
"""
