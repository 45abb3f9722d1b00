"""What a push decides, before anything is written: all of it pure."""
