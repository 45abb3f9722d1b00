"""What syncd remembers, in its own database. All but the history of runs can be rebuilt from the library."""
