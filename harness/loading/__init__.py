"""Load, counted: what was published, what arrived where and how late, judged exactly and merged over workers.

The modules here are pure; only `live` touches sockets and clocks. Locust and gevent are the plugin's alone.
"""
