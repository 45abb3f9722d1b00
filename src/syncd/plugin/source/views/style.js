/**
 * How the views look: one link a window to syncd.css, taken away with the window's part of the plugin.
 */
Syncd.style = {
  ID: "syncd-style",

  /** @param {any} window */
  windowLoaded({ document }) {
    if (!document.getElementById(this.ID)) {
      const link = Syncd.element.h("link", { id: this.ID, rel: "stylesheet", href: this.address() });
      document.documentElement.append(Syncd.element.make(document, link));
    }
  },

  /** @param {any} window */
  windowUnloaded({ document }) {
    document.getElementById(this.ID)?.remove();
  },

  /** Another one at each start: an upgrade brings another file to the same place, and Gecko keeps the old one. */
  address() {
    return `${Syncd.rootURI}syncd.css?${Date.now()}`;
  },
};

Syncd.views.push(Syncd.style);
