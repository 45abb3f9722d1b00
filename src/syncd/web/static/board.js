// @ts-check
/**
 * What pages do beyond showing and sending forms: they are drawn anew when something happened, show how far a run is, and
 * let reviews be decided by keys. Without scripts all else works.
 */

const MAIN = "#main";
/** Milliseconds in which several events draw a page once. */
const SETTLED = 400;
/** What makes pages out of date. */
const CHANGES = ["began", "ended", "review", "paused", "resumed", "reloaded"];

/** Draw the page anew, unless its reader is in the middle of something there. */
async function redraw() {
  const main = /** @type {HTMLElement} */ (document.querySelector(MAIN));
  const active = document.activeElement;
  const isBusy = active?.matches("input, select, textarea") || main.querySelector("details[open]");
  if (isBusy || getSelection()?.toString()) {
    return;
  }
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) {
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector(MAIN);
  if (!fresh) {
    return;
  }
  const note = main.querySelector(".note[role]");
  const focused = active && main.contains(active) ? place(active) : null;
  main.replaceChildren(...fresh.childNodes);
  if (note) {
    main.prepend(note);
  }
  if (focused) {
    const again = [...main.querySelectorAll("a, button, summary")].find((each) => place(each) === focused);
    /** @type {HTMLElement | undefined} */ (again)?.focus({ preventScroll: true });
  }
}

/**
 * Return what tells an element from others that can have the focus, also in the page as it is drawn anew.
 *
 * @param {Element} element
 */
function place(element) {
  const form = element.closest("form");
  const sent = form ? new URLSearchParams(/** @type {any} */ (new FormData(form))).toString() : "";
  return [
    element.localName,
    element.getAttribute("href"),
    form?.getAttribute("action"),
    sent,
    element.textContent,
  ].join("\n");
}

/**
 * Follow what happens, as long as the page is seen: browsers keep only a few connections to one place, for all tabs
 * together. Who comes back finds the page as it is now.
 */
function listen() {
  /** @type {EventSource | null} */
  let events = null;
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(redraw, SETTLED);
  };
  const begin = () => {
    events = new EventSource("/events");
    for (const name of CHANGES) {
      events.addEventListener(name, soon);
    }
    events.addEventListener("progress", ({ data }) => progress(JSON.parse(data)));
    events.addEventListener("ended", () => progress(null));
    events.addEventListener("error", () => {
      // What happened meanwhile is not told again.
      events?.addEventListener("open", soon, { once: true });
      progress(null);
    });
  };
  const end = () => {
    events?.close();
    events = null;
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      end();
    } else if (!events) {
      begin();
      soon();
    }
  });
  addEventListener("pagehide", end);
  begin();
}

/** @param {{words: string, done: number, total: number} | null} told */
function progress(told) {
  const box = /** @type {HTMLElement} */ (document.querySelector("#progress"));
  const bar = /** @type {HTMLProgressElement} */ (box.querySelector("progress"));
  box.hidden = !told;
  if (!told) {
    return;
  }
  /** @type {HTMLElement} */ (box.querySelector("p")).textContent = told.words;
  if (told.total) {
    bar.max = told.total;
    bar.value = told.done;
  } else {
    bar.removeAttribute("value");
  }
}

/** Let j and k go through reviews, and 1, 2, 3 decide. */
function decideByKeys() {
  addEventListener("keydown", (event) => {
    const isTyping = event.target instanceof Element && event.target.matches("input, select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping) {
      return;
    }
    /** @type {HTMLElement | null} */
    const meant = document.querySelector(`#review [aria-keyshortcuts="${CSS.escape(event.key)}"]`);
    if (meant) {
      event.preventDefault();
      meant.click();
    }
  });
}

/** Show what a link leads to below the row that it stands in, rather than on a page of its own. */
function showInside() {
  addEventListener("click", async (event) => {
    const { target, button, ctrlKey, metaKey, shiftKey } = event;
    /** @type {HTMLAnchorElement | null} */
    const link = target instanceof Element ? target.closest("a[data-inside]") : null;
    const row = link?.closest("li");
    if (!link || !row || button || ctrlKey || metaKey || shiftKey) {
      return;
    }
    event.preventDefault();
    link.toggleAttribute("data-inside");
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector(`${MAIN} [data-found], ${MAIN} .note[role]`);
    if (!found) {
      location.href = link.href;
      return;
    }
    (link.closest("span") ?? link).remove();
    row.append(found);
    /** @type {HTMLElement} */ (found).tabIndex = -1;
    /** @type {HTMLElement} */ (found).focus({ preventScroll: true });
  });
}

if (document.querySelector(`${MAIN}[data-live]`)) {
  listen();
}
decideByKeys();
showInside();
