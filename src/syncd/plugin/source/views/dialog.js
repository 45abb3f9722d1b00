/**
 * A dialog inside a Zotero window: at most one, closed by Escape, which gives the focus back to where it was.
 *
 * Holds what a view puts into it; opens only when the reader asked for it.
 */
Syncd.dialog = {
  ID: "syncd-dialog",

  /**
   * @param {any} window
   * @param {string} l10n what it is called
   * @returns {{body: any, foot: any, close: () => void}} `body` is where a view shows itself, `foot` holds the buttons
   */
  open(window, l10n) {
    this.windowUnloaded(window);
    const { h } = Syncd.element;
    const { document } = window;
    const title = { id: `${this.ID}-title`, l10n };
    const frame = h("dialog", { id: this.ID, class: "syncd-dialog", "aria-labelledby": title.id });
    const dialog = Syncd.element.make(document, frame);
    const close = () => dialog.close();
    const body = Syncd.element.make(document, h("div", { class: "syncd-view", "aria-live": "polite" }));
    const inner = h("div", { class: "syncd-view" }, h("h2", title));
    const all = Syncd.element.make(document, inner);
    const buttons = h("div", { class: "syncd-buttons" }, Syncd.element.button("syncd-close", close));
    const foot = Syncd.element.make(document, buttons);
    all.append(body, foot);
    dialog.append(all);
    dialog.addEventListener("close", () => dialog.remove());
    // What is typed here is not meant for the items list behind.
    dialog.addEventListener("keydown", (/** @type {Event} */ event) => event.stopPropagation());
    document.documentElement.append(dialog);
    dialog.showModal();
    return { body, foot, close };
  },

  /**
   * Ask before something is done that is not undone by a click.
   *
   * @param {any} window
   * @param {string} l10n what is asked: this message, and those that end in "-question" and "-yes"
   * @param {Record<string, string | number>} args
   * @param {() => unknown} act
   */
  ask(window, l10n, args, act) {
    const { h } = Syncd.element;
    const { body, foot, close } = this.open(window, l10n);
    const yes = () => {
      close();
      act();
    };
    Syncd.element.show(body, h("p", { l10n: `${l10n}-question`, args }));
    foot.prepend(Syncd.element.make(window.document, Syncd.element.button(`${l10n}-yes`, yes)));
  },

  /** @param {any} window */
  windowUnloaded(window) {
    const dialog = window.document.getElementById(this.ID);
    dialog?.close();
    dialog?.remove();
  },
};

Syncd.views.push(Syncd.dialog);
