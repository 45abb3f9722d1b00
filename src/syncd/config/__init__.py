"""The configuration: TOML and environment become one frozen `Config`, or one error that names every problem.

Secrets stay references here and are resolved where they are needed. Nothing in this package reads a source
or talks to a library.
"""

from __future__ import annotations

from syncd.config.load import defaults, find, load
from syncd.config.model import Config, Library, ProfileConfig
from syncd.config.secrets import SecretRef

__all__ = ["Config", "Library", "ProfileConfig", "SecretRef", "defaults", "find", "load"]
