/** Trees put into a document. */
const assert = require("node:assert/strict");
const { test } = require("node:test");
const { makeWindow, views } = require("./window.js");

const { element } = views().Syncd;
const { document } = makeWindow();

test("attributes, messages, text and listeners reach the element", () => {
  let pressed = 0;
  const made = element.make(
    document,
    element.button("syncd-close", () => (pressed += 1), { args: { a: 1 }, lang: null, x: true }),
  );
  assert.deepEqual([made.localName, made.namespaceURI], ["button", element.HTML]);
  assert.equal(made.getAttribute("type"), "button");
  assert.equal(made.getAttribute("data-l10n-id"), "syncd-close");
  assert.equal(made.getAttribute("data-l10n-args"), '{"a":1}');
  assert.deepEqual([made.getAttribute("lang"), made.getAttribute("x")], [null, ""]);
  made.happen("click");
  assert.equal(pressed, 1);
});

test("text is never read as markup", () => {
  const made = element.make(document, element.h("p", { text: "<b>x</b>" }, "<i>"));
  assert.equal(made.textContent, "<b>x</b><i>");
  assert.equal(made.all().length, 0);
});

test("drawings are made as such", () => {
  const made = element.make(document, element.h("svg", null, element.h("circle", { r: 2 })));
  assert.deepEqual([made.namespaceURI, made.childNodes[0].namespaceURI], [element.SVG, element.SVG]);
});

test("of what the daemon draws shapes and words are taken over, and nothing that could be run or asked for", () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" onload="run()" style="fill: red" aria-label="a &lt;b&gt;">
    <script>run()</script><foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>
    <image href="https://example.org/x.png"/><a href="javascript:run()"><text>x</text></a>
    <style>* { fill: url(https://example.org/) }</style><use href="#a"/><html:img xmlns="http://www.w3.org/1999/xhtml"/>
    <rect x="1" width="2.5" fill="url(https://example.org/#a)" stroke="currentColor"><title>&lt;script&gt; 2023: 1</title></rect>
  </svg>`;
  const made = element.make(document, element.drawing(svg));
  assert.deepEqual([...made.attributes.keys()], ["viewBox", "aria-label"]);
  assert.equal(made.getAttribute("aria-label"), "a <b>");
  const [rect, title, ...others] = made.all();
  assert.deepEqual([rect.localName, title.localName, others], ["rect", "title", []]);
  assert.deepEqual(
    [...rect.attributes],
    [
      ["x", "1"],
      ["width", "2.5"],
      ["stroke", "currentColor"],
    ],
  );
  assert.equal(title.textContent, "<script> 2023: 1");
  assert.equal(element.drawing('<p xmlns="http://www.w3.org/1999/xhtml">x</p>'), null);
});

test("showing replaces what was there, and what is missing is left out", () => {
  const parent = element.make(document, element.h("div", null, "old"));
  element.show(parent, element.h("p", null, "new", null, false, [undefined]), null);
  assert.equal(parent.textContent, "new");
});

test("a quiet line is told to screen readers", () => {
  assert.equal(element.quiet("syncd-close").props.role, "status");
});
