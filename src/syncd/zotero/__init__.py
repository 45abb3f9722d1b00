"""Everything that knows Zotero: its items, its API, an index of a library, an embedded library."""
