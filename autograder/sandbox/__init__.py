"""The outer jail, the warm zygote that forks workers, and the conversation with one worker.

Everything a worker says is hostile until it is checked here. What both sides read is in `boundary`.
"""
