/**
 * How the views look: Zotero's own colours, light and dark, and nothing fixed.
 *
 * One style element a window, taken away with the window's part of the plugin.
 */
Syncd.style = {
  ID: "syncd-style",
  /** Every colour is Zotero's, and the text's own where Zotero has none of that name. */
  TEXT: `
.syncd-cell { display: flex; align-items: center; }
/* Zotero lets no press reach what is in a cell. */
.syncd-code, .syncd-new { pointer-events: auto; }
.syncd-code { font: inherit; font-family: monospace; padding: 0 4px; border: 0; border-radius: 4px;
  background: none; color: var(--accent-blue, currentColor); cursor: pointer; }
.syncd-code:hover, .syncd-code:focus-visible { background: var(--fill-quarternary, transparent); }
.syncd-new { color: var(--accent-blue, currentColor); }
.row.selected .syncd-code, .row.selected .syncd-new { color: inherit; }
.syncd-view { display: flex; flex-direction: column; gap: 10px; text-align: start;
  color: var(--fill-primary, inherit); line-height: 1.4; }
.syncd-view h2, .syncd-view h3, .syncd-view p, .syncd-view ul, .syncd-view dl, .syncd-view figure { margin: 0; }
.syncd-view h2 { font-size: 1.2em; font-weight: 600; }
.syncd-view h3 { font-size: 1em; font-weight: 600; margin-bottom: 2px; }
.syncd-view ul { padding: 0; list-style: none; overflow-wrap: anywhere; }
.syncd-quiet, .syncd-view dt, .syncd-view small { color: var(--fill-secondary, inherit); }
.syncd-quiet > span { display: inline-block; }
.syncd-facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 4px 10px; }
.syncd-facts dd { margin: 0; overflow-wrap: anywhere; }
.syncd-buttons, .syncd-links { display: flex; flex-wrap: wrap; gap: 6px; }
.syncd-view ul.syncd-links { display: flex; }
.syncd-links li { max-width: 100%; }
.syncd-button { appearance: none; font: inherit; max-width: 100%; padding: 2px 8px; border-radius: 5px; text-align: start;
  overflow-wrap: anywhere; border: 1px solid var(--fill-quarternary, currentColor); background: transparent;
  color: inherit; }
.syncd-button:hover { background: var(--fill-quinary, transparent); }
.syncd-button:disabled { opacity: 0.5; }
.syncd-button:focus-visible, .syncd-view summary:focus-visible, .syncd-view input:focus-visible {
  outline: 2px solid var(--accent-blue, currentColor); outline-offset: 1px; }
#zotero-item-pane-groupbox:has(.syncd-collection) { min-height: 0; }
#zotero-item-pane-message-box:has(.syncd-collection) { flex: 0 1 auto; min-height: 0; max-width: 100%;
  overflow-y: auto; }
description:has(~ .syncd-collection) { text-align: center; }
.syncd-collection { box-sizing: border-box; flex: none; width: 100%; max-width: 420px; margin: 16px auto 0;
  padding: 0 12px 12px; }
.syncd-figures { display: grid; grid-template-columns: max-content max-content minmax(0, 1fr); gap: 6px 12px;
  align-items: center; }
.syncd-figures > div { display: contents; }
.syncd-figures strong { text-align: end; font-variant-numeric: tabular-nums; }
.syncd-figures figure { display: flex; }
.syncd-chart { color: var(--accent-blue, currentColor); overflow: visible; max-width: 100%; }
.syncd-line { fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linejoin: round; }
.syncd-dot, .syncd-bar { fill: currentColor; }
.syncd-scale { display: flex; justify-content: space-between; }
.syncd-dialog { box-sizing: border-box; width: min(760px, 90vw); max-height: 85vh; overflow-y: auto; padding: 16px;
  border: 1px solid var(--fill-quarternary, currentColor); border-radius: 8px;
  background: var(--material-background, Canvas); color: var(--fill-primary, CanvasText); }
.syncd-quiet:focus { outline: none; }
.syncd-dialog::backdrop { background: var(--fill-quarternary, transparent); }
.syncd-records { width: 100%; border-collapse: collapse; table-layout: fixed; }
.syncd-records th, .syncd-records td { padding: 4px 8px; text-align: start; vertical-align: top;
  overflow-wrap: anywhere; border-bottom: 1px solid var(--fill-quarternary, currentColor); }
.syncd-records .syncd-corner { width: 6em; }
.syncd-standing th:last-child { width: 36%; }
.syncd-value { max-height: 9em; overflow-y: auto; }
.syncd-records small { font-weight: normal; }
.syncd-records tbody th { font-weight: normal; color: var(--fill-secondary, inherit); }
.syncd-differs td { font-weight: 600; }
.syncd-rows { display: flex; flex-direction: column; gap: 8px; }
.syncd-row { display: flex; gap: 10px; align-items: start; justify-content: space-between; }
.syncd-row > :first-child { min-width: 0; }
.syncd-row > .syncd-button { flex: none; }
.syncd-search { display: flex; flex-wrap: wrap; gap: 6px; }
.syncd-search input { font: inherit; flex: 1; min-width: 12em; padding: 2px 6px; border-radius: 5px;
  border: 1px solid var(--fill-quarternary, currentColor); background: transparent; color: inherit; }
`,

  /** @param {any} window */
  windowLoaded(window) {
    const { document } = window;
    if (document.getElementById(this.ID)) {
      return;
    }
    const style = Syncd.element.make(document, Syncd.element.h("style", { id: this.ID, text: this.TEXT }));
    document.documentElement.append(style);
  },

  /** @param {Window} window */
  windowUnloaded(window) {
    window.document.getElementById(this.ID)?.remove();
  },
};

Syncd.views.push(Syncd.style);
