"""The reference implementation: the system every check of the harness has something right to pass on.

It shares no code with what judges it: nothing in here imports `harness.model` or `harness.checks`.
"""
