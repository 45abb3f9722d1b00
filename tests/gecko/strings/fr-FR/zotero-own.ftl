zotero-own = Bibliothèque
