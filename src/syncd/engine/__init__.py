"""The one engine: from profiles to a library, with a record of all that was done."""
