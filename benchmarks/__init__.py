"""Measurements that anyone can repeat on data of their own.

Each module is a command, ``python -m benchmarks.NAME --data FILE [--store URL] [--out FILE]``. It
prints a table and, with ``--out``, writes the same figures as JSON. Shares and recalls lie between
0 and 1, latencies are milliseconds. Nothing is downloaded, and no data is part of the project.
"""
