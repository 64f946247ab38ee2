"""The configuration file: YAML in, frozen dataclasses out, every fault at once with its line and column.

Read `options.py` for what can be said, `drafts.py` for routes, and `loader.py` for the way through.
"""

from edge.config.loader import load, read

__all__ = ["load", "read"]
