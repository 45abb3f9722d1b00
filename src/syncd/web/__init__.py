"""The dashboard: pages that show what syncd knows and take what its reader says, served to this computer's browser."""
