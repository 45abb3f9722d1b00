"""Parsing: bytes to `Profile`, one module a format. Nothing here does I/O."""
