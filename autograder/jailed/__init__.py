"""The code that runs beside hostile code, inside the jail. It imports nothing of ours.

One exception in the other direction: `sandbox` reads `wire`, so that the format of the line stands in one place.
"""
