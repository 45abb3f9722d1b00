"""Fetching: bytes and where they came from. Nothing here parses."""
