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

  /** The version is part of it, for an upgrade brings another file to the same place. */
  address() {
    return `${Syncd.rootURI}syncd.css?${Syncd.version}`;
  },
};

Syncd.views.push(Syncd.style);
