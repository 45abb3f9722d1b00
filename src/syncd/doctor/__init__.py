"""Looks at everything that can be wrong with syncd on this computer, and says what mends it."""
