/**
 * Fills the plugin's pane, once Zotero has put it into its window of settings, where this runs.
 *
 * A script and no attribute of the pane: from 153 on, Gecko runs no handler that stands in a document, unless Zotero
 * lets it. Zotero runs this before the pane is there, and tells the pane's own elements when it is: that event does not
 * bubble.
 */
document.addEventListener(
  "load",
  (/** @type {any} */ event) => {
    if (event.target.id === "syncd-settings") {
      const filled = Zotero.Syncd?.preferencesLoaded(document);
      // From version 11 on, Zotero shows the pane once it is filled.
      event.waitUntil?.(filled);
    }
  },
  true,
);
