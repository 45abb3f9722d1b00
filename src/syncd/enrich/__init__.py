"""Completes papers from public services that the user named."""
