"""A Zotero Web API v3 server on SQLite: the library of those who have no other."""
