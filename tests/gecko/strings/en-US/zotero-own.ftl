zotero-own = Library
