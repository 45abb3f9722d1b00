"""Parsing: one module a format, each from bytes to a `Profile`. Nothing here does I/O."""
