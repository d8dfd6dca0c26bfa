"""The code that runs beside hostile code, inside the jail. It imports `boundary` and nothing else of ours, and nobody
imports it.
"""
