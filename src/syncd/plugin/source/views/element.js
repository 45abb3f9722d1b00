/**
 * What a view shows, as a plain tree, and that tree put into a document.
 *
 * Views stay pure and are tested without a window. Text reaches the document as text only. What the daemon draws is the
 * one thing that is parsed: apart from any document, and of it nothing is taken over but shapes and words.
 */

/**
 * An element that is in no document yet.
 *
 * @typedef {object} Tree
 * @property {string} tag
 * @property {Record<string, any>} props `l10n` and `args` name a Fluent message, `on` holds listeners, `text` is plain
 *   text; all else are attributes, left out where null or false.
 * @property {(Tree | string)[]} children
 */

Syncd.element = {
  HTML: "http://www.w3.org/1999/xhtml",
  SVG: "http://www.w3.org/2000/svg",
  XUL: "http://www.mozilla.org/keymaster/gatekeeper/there.is.only.xul",
  SVG_TAGS: new Set(["svg", "g", "title", "text", "polyline", "circle", "rect", "line"]),
  /** What shapes may have, with no more than numbers and names in it: no address, which would be asked for. */
  SHAPE:
    /^(?:viewBox|class|role|points|cx|cy|r|rx|x|y|x1|x2|y1|y2|width|height|fill|stroke|(?:fill|stroke|font|text)-[a-z]+)$/,
  PLAIN: /^[\w .,-]*$/,

  /**
   * @param {string} tag of HTML or SVG, or one of XUL's such as "xul:button"
   * @param {Record<string, any> | null} [props]
   * @param {...any} children trees and text; null, undefined and false are left out, arrays laid flat
   * @returns {Tree}
   */
  h(tag, props, ...children) {
    return { tag, props: props ?? {}, children: children.flat().filter((child) => child || child === "") };
  },

  /**
   * Return what the daemon drew, as a tree.
   *
   * @param {string} svg
   * @returns {Tree | null} null where it is no drawing
   */
  drawing(svg) {
    const { documentElement } = new DOMParser().parseFromString(svg, "image/svg+xml");
    return documentElement && this._shape(documentElement);
  },

  /**
   * @param {Element} element
   * @returns {Tree | null} null for what is neither a shape nor words
   */
  _shape(element) {
    const { localName, namespaceURI, attributes, childNodes } = element;
    if (namespaceURI !== this.SVG || !this.SVG_TAGS.has(localName)) {
      return null;
    }
    const props = [...attributes]
      .filter(({ name, value }) => name === "aria-label" || (this.SHAPE.test(name) && this.PLAIN.test(value)))
      .map(({ name, value }) => [name, value]);
    const children = [...childNodes].map((/** @type {any} */ node) => {
      if (node.nodeType === 1) {
        return this._shape(node);
      }
      return node.nodeType === 3 ? node.data : null;
    });
    return this.h(localName, Object.fromEntries(props), children);
  },

  /**
   * Make a tree into elements.
   *
   * @param {Document} doc
   * @param {Tree | string} tree
   * @returns {any}
   */
  make(doc, tree) {
    if (typeof tree === "string") {
      return doc.createTextNode(tree);
    }
    const [name, isXul] = tree.tag.split(":").reverse();
    const namespace = isXul ? this.XUL : this.SVG_TAGS.has(name) ? this.SVG : this.HTML;
    const element = doc.createElementNS(namespace, name);
    for (const [prop, value] of Object.entries(tree.props)) {
      this._set(element, prop, value);
    }
    element.append(...tree.children.map((child) => this.make(doc, child)));
    return element;
  },

  /**
   * Show trees in an element, in place of what was there.
   *
   * @param {any} parent
   * @param {...(Tree | null)} trees
   */
  show(parent, ...trees) {
    const shown = /** @type {Tree[]} */ (trees.filter(Boolean));
    parent.replaceChildren(...shown.map((tree) => this.make(parent.ownerDocument, tree)));
  },

  /**
   * A real button: it takes the focus, and Enter and Space press it.
   *
   * @param {string} l10n
   * @param {() => unknown} press
   * @param {Record<string, any>} [props]
   * @returns {Tree}
   */
  button(l10n, press, props) {
    return this.h("button", { type: "button", class: "syncd-button", l10n, on: { click: press }, ...props });
  },

  /**
   * The one quiet line that a view shows where something is missing or went wrong.
   *
   * @param {string} l10n
   * @param {Record<string, string | number>} [args]
   * @returns {Tree}
   */
  quiet(l10n, args) {
    return this.h("p", { class: "syncd-quiet", role: "status", l10n, args });
  },

  /**
   * @param {Element} element
   * @param {string} name
   * @param {any} value
   */
  _set(element, name, value) {
    if (value === null || value === undefined || value === false) {
      return;
    }
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) {
        element.addEventListener(event, /** @type {any} */ (listener));
      }
    } else if (name === "l10n") {
      element.setAttribute("data-l10n-id", value);
    } else if (name === "args") {
      element.setAttribute("data-l10n-args", JSON.stringify(value));
    } else if (name === "text") {
      element.textContent = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  },
};
