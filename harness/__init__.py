"""onesocket: a testing and simulation harness for one shared WebSocket per browser.

Every pytest start of an environment that has onesocket imports this module, so it imports nothing.
"""

__version__ = "0.1.0"
