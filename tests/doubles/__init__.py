"""Test doubles: a library with faults, and a Zotero on the desktop with syncd's plugin. No part of the product."""

from __future__ import annotations

from doubles.desktop import DesktopLibrary
from doubles.faults import Fault, Faults
from doubles.library import FaultyLibrary

__all__ = ["DesktopLibrary", "Fault", "Faults", "FaultyLibrary"]
