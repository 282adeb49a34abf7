"""Thin leaves that make a memory usable from other frameworks; each needs its own extra."""
