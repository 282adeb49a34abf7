"""A local page to look into a memory: its graph, its two clocks, its answers and its turns."""

from kgmem.explorer.server import Binding, application, serve

__all__ = ["Binding", "application", "serve"]
