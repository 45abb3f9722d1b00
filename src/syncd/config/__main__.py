"""Prints the JSON schema of the configuration: `python -m syncd.config > config/syncd.schema.json`."""

from __future__ import annotations

import sys

from syncd.config.schema import schema_text

if __name__ == "__main__":
    sys.stdout.write(schema_text())
