"""The Zotero plugin: its source, and how it becomes one file. Nothing of it runs in Python."""

from __future__ import annotations

# What Zotero knows the plugin by. A plugin of another id would be another plugin.
ID = "syncd@zotero"
# Where Zotero looks for a newer one. It takes no plugin without such an address; nobody can own a name in
# `.invalid`, so nothing is ever fetched until releases have a place of their own.
UPDATES = "https://syncd.invalid/zotero/updates.json"
