/**
 * Talks with the daemon's loopback HTTP interface, which pairing turned on. Signs what it asks, and believes no answer
 * that is not signed.
 *
 * Asks each question at most once a minute and answers from memory in between, unless something happened, or whoever
 * asks wants a fresh answer. Asks only for what is looked at, never retries by itself, never talks to another computer.
 */

/**
 * Why the daemon gave no answer.
 *
 * `reason` is one of: "not-paired" (no pairing yet), "not-running" (nobody is there), "slow" (no answer in time; what
 * was asked for may be done all the same), "refused" (the pairing is no longer known there: pair again), "failed" (it
 * answered, and said no; `message` is its sentence, in Zotero's language), "strange" (what answered is not syncd).
 */
class SyncdDaemonError extends Error {
  /**
   * @param {"not-paired" | "not-running" | "slow" | "refused" | "failed" | "strange"} reason
   * @param {string} [message] a sentence of the daemon's
   * @param {number} [status] of its answer
   */
  constructor(reason, message, status) {
    super(message || reason);
    this.reason = reason;
    this.status = status;
  }
}

/**
 * How something is asked.
 *
 * @typedef {{fresh?: boolean}} Asking `fresh`: whatever is remembered
 */

/** @param {string | null} text */
function parsed(text) {
  try {
    return JSON.parse(String(text));
  } catch {
    return null;
  }
}

Syncd.daemon = {
  DaemonError: SyncdDaemonError,
  /** How long an answer is good for, and how long it counts that there was none, in ms. */
  FRESH: 60_000,
  FAILED: 5_000,
  /** How long the daemon may take to answer from what it knows, in ms. */
  PATIENCE: 10_000,
  /** How long it may take where it has to ask others, or to work, in ms. */
  LONG: 120_000,
  /** The questions for which it asks others. */
  FAR: ["/v1/search"],
  /** How long events that come together are gathered before the listeners are told, in ms. */
  GATHER: 250,
  /** @type {Map<string, {until: number, answer: any}>} */
  _cache: new Map(),
  /** @type {Set<(events: DaemonEvent[]) => void>} */
  _listeners: new Set(),
  /** @type {any} signs what is asked of the daemon that was paired */
  _caller: null,
  /** @type {Set<XMLHttpRequest>} requests that are under way */
  _requests: new Set(),
  /** @type {DaemonEvent[]} what the listeners have yet to be told */
  _events: [],
  /** @type {any} until they are */
  _timer: null,
  _closed: false,

  /** Whether a daemon was paired with this Zotero. */
  get paired() {
    return Syncd.keys.control() !== null;
  },

  /** Begin, for the plugin does. */
  open() {
    this._closed = false;
    this._cache.clear();
  },

  /** End all that is under way and ask nothing any more, for the plugin ends. */
  close() {
    this._closed = true;
    Syncd.events.close();
    clearTimeout(this._timer);
    this._timer = null;
    this._events = [];
    for (const request of this._requests) {
      request.abort();
    }
    this._cache.clear();
  },

  /** Forget the daemon, for a pairing came or went. */
  reset() {
    this._caller = null;
    Syncd.events.close();
    this.forget();
  },

  /** Forget all answers and tell the listeners. */
  forget() {
    this._cache.clear();
    this._tell([]);
  },

  /**
   * The daemon told of something: what it answered before may be old. The listeners hear of it soon, once for all that
   * happens together.
   *
   * @param {DaemonEvent} event
   */
  heard(event) {
    this._cache.clear();
    this._events.push(event);
    this._timer ??= setTimeout(() => {
      this._timer = null;
      this._tell(this._events.splice(0));
    }, this.GATHER);
  },

  /** @param {DaemonEvent[]} events */
  _tell(events) {
    for (const listener of this._listeners) {
      Syncd.quietly("telling that something happened", () => listener(events));
    }
  },

  /**
   * Be told when something happened in the daemon, or was asked of it, or a pairing came or went, or the daemon itself
   * did: what is shown may be old now.
   *
   * @param {(events: DaemonEvent[]) => void} listener gets what the daemon told of, if it did
   * @returns {() => void} call it to be told no longer
   */
  onChange(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  },

  /**
   * As `syncd status --json`, with `libraries`, `reviews` (a number), `dashboard` (an address or null).
   *
   * @param {Asking} [how]
   */
  status(how) {
    return this._get("/v1/status", {}, how);
  },

  /**
   * What syncd knows of items; those that it doesn't know are left out.
   *
   * @param {string} library such as "users/0"
   * @param {string[]} keys at most 500
   * @param {Asking} [how]
   * @returns {Promise<{items: Record<string, any>}>}
   */
  items(library, keys, how) {
    return this._get("/v1/items", { ...this._names(library), keys: keys.join(",") }, how);
  },

  /**
   * Keys with score and code, for the columns: all of them, or those that changed.
   *
   * @param {string} library
   * @param {string | null} [changed] the `until` of an earlier answer: tell only what changed after it
   * @returns {Promise<{items: Record<string, any>, gone: string[], until: string | null, whole: boolean}>} `whole` where
   *   all are told, for the daemon does not know any more what `changed` means
   */
  async known(library, changed = null) {
    if (changed !== null) {
      try {
        const page = await this._fetch("/v1/known", { ...this._names(library), changed });
        if (Array.isArray(page.gone) && !page.next) {
          return { items: page.items, gone: page.gone, until: page.until ?? null, whole: false };
        }
      } catch (error) {
        if (/** @type {any} */ (error).status !== 410) {
          throw error;
        }
      }
    }
    const items = {};
    for (let since = ""; ; ) {
      const names = this._names(library);
      const page = await this._fetch("/v1/known", since ? { ...names, since } : names);
      Object.assign(items, page.items);
      if (!page.next || page.next === since) {
        return { items, gone: [], until: page.until ?? null, whole: true };
      }
      since = page.next;
    }
  },

  /**
   * @param {string} library
   * @param {Asking} [how]
   */
  profiles(library, how) {
    return this._list("/v1/profiles", this._names(library), how);
  },

  /**
   * The figures of a profile, drawn, in Zotero's language.
   *
   * @param {string} library
   * @param {string} profile its name
   * @param {Asking} [how]
   * @returns {Promise<{figures: {name: string, svg: string}[]}>}
   */
  figures(library, profile, how) {
    const asked = { ...this._names(library), profile, language: Zotero.locale };
    return this._get("/v1/figures", asked, how);
  },

  /** @param {Asking} [how] */
  reviews(how) {
    return this._list("/v1/reviews", {}, how);
  },

  /**
   * @param {string} name an author's
   * @param {Asking} [how]
   * @returns {Promise<any>}
   */
  search(name, how) {
    return this._list("/v1/search", { name }, how);
  },

  /**
   * Look at profiles, and wait for what that brings.
   *
   * @param {string[]} [names] of profiles; all without
   */
  syncNow(names = []) {
    return this._post("/v1/sync-now?wait=yes", { names });
  },

  /** @param {string[]} [names] */
  pause(names = []) {
    return this._post("/v1/pause", { names });
  },

  /** @param {string[]} [names] */
  resume(names = []) {
    return this._post("/v1/resume", { names });
  },

  /**
   * Ask what an undo would do; nothing is done.
   *
   * @param {string | null} [run] null: the last that did something
   * @returns {Promise<{run: string, started: string, trashed: number, reverted: number, left: any[]}>}
   */
  undoing(run = null) {
    return this._ask("POST", "/v1/undo", this.LONG, JSON.stringify({ run, dry_run: true }));
  },

  /**
   * @param {string | null} [run] null: the last that did something
   * @returns {Promise<{trashed: number, reverted: number, left: any[], failed?: any[]}>}
   */
  undo(run = null) {
    return this._post("/v1/undo", { run });
  },

  /** @returns {Promise<{url: string}>} an address that opens the dashboard in one browser, once */
  dashboard() {
    return this._post("/v1/dashboard", {});
  },

  /**
   * Ask what would become of an item whose paper is not by the person of a profile; nothing is done.
   *
   * @param {string} library
   * @param {string} paper its item's key
   * @param {string} profile its name
   * @returns {Promise<{title: string, collection: string, item: "trashed" | "taken out" | "left"}>}
   */
  rejecting(library, paper, profile) {
    const body = { ...this._rejection(library, paper, profile), dry_run: true };
    return this._ask("POST", "/v1/reject", this.LONG, JSON.stringify(body));
  },

  /**
   * Say that a paper is not by the person of a profile; as `rejecting`.
   *
   * @param {string} library
   * @param {string} paper
   * @param {string} profile
   */
  reject(library, paper, profile) {
    return this._post("/v1/reject", this._rejection(library, paper, profile));
  },

  /**
   * @param {string} library
   * @param {string} paper
   * @param {string} profile
   */
  _rejection(library, paper, profile) {
    return { paper, profile, library, user: library === "users/0" ? Syncd.user() : null };
  },

  /**
   * @param {string} source an address, or a source as the search names it
   * @param {string} library
   */
  follow(source, library) {
    return this._post("/v1/follow", { source, library, user: Syncd.user() });
  },

  /** @param {string} name of a profile */
  unfollow(name) {
    return this._post("/v1/unfollow", { name });
  },

  /**
   * @param {string} paper
   * @param {string} verdict
   * @param {string | null} [key] of the item that it is
   * @param {string} [library] that asks, as the daemon calls it
   */
  review(paper, verdict, key = null, library = undefined) {
    return this._post("/v1/reviews", { paper, verdict, key, library });
  },

  /**
   * Return the names of a library as a question has them. The user's own has two: its number tells which of the
   * libraries on zotero.org it is.
   *
   * @param {string} library
   * @returns {Record<string, string>}
   */
  _names(library) {
    const user = library === "users/0" && Syncd.user();
    return user ? { library, user: String(user) } : { library };
  },

  /**
   * Ask, or answer from memory. That there was no answer is remembered for a moment: asking again at once would not
   * help.
   *
   * @param {string} path
   * @param {Record<string, string>} [query]
   * @param {Asking} [how]
   * @returns {Promise<any>}
   */
  _get(path, query = {}, { fresh = false } = {}) {
    const address = this._address(path, query);
    const now = Date.now();
    const known = this._cache.get(address);
    if (known && now < known.until && !fresh) {
      return known.answer;
    }
    for (const [old, { until }] of this._cache) {
      if (now >= until) {
        this._cache.delete(old);
      }
    }
    const entry = { until: now + this.FRESH, answer: this._fetch(path, query) };
    entry.answer.catch(() => {
      entry.until = Date.now() + this.FAILED;
    });
    this._cache.set(address, entry);
    return entry.answer;
  },

  /**
   * Ask, whatever is remembered.
   *
   * @param {string} path
   * @param {Record<string, string>} query
   */
  _fetch(path, query) {
    const patience = this.FAR.includes(path) ? this.LONG : this.PATIENCE;
    return this._ask("GET", this._address(path, query), patience);
  },

  /**
   * @param {string} path
   * @param {Record<string, string>} query
   */
  _address(path, query) {
    const words = new URLSearchParams(query).toString();
    return words ? `${path}?${words}` : path;
  },

  /**
   * @param {string} path
   * @param {Record<string, string>} [query]
   * @param {Asking} [how]
   * @returns {Promise<any[]>}
   */
  async _list(path, query, how) {
    const answer = await this._get(path, query, how);
    if (!Array.isArray(answer)) {
      throw new SyncdDaemonError("strange");
    }
    return answer;
  },

  /**
   * @param {string} path
   * @param {object} body
   * @returns {Promise<any>}
   */
  async _post(path, body) {
    try {
      return await this._ask("POST", path, this.LONG, JSON.stringify(body));
    } finally {
      this.forget();
    }
  },

  /**
   * @param {string} method
   * @param {string} address
   * @param {number} patience in ms
   * @param {string} [body]
   */
  async _ask(method, address, patience, body) {
    // Somebody looks, so what happens from here on matters.
    Syncd.events.listen();
    let response = await this._send(method, address, patience, body);
    if (response.isOfOtherSession) {
      // It started anew, or nothing was asked of it before: it has done nothing.
      response = await this._send(method, address, patience, body);
    }
    const { answer, status } = response;
    if (status === 401 || status === 403) {
      throw new SyncdDaemonError("refused");
    }
    if (!response.isSigned || answer === null || typeof answer !== "object") {
      throw new SyncdDaemonError("strange");
    }
    if (status < 200 || status > 299) {
      const sentence = [answer.message, answer.error].find((one) => typeof one === "string");
      const said = Syncd.messages.say(answer.error_said, sentence ?? `HTTP ${status}`);
      throw new SyncdDaemonError("failed", said, status);
    }
    return answer;
  },

  /**
   * Send one request, signed, and return what came back.
   *
   * @param {string} method
   * @param {string} address
   * @param {number} patience in ms
   * @param {string} [body]
   * @returns {Promise<{status: number, isSigned: boolean, isOfOtherSession: boolean, answer: any}>} `answer` is null
   *   where it is none
   */
  async _send(method, address, patience, body) {
    const asked = await this.prepare(method, address, body);
    if (!asked) {
      throw new SyncdDaemonError("not-paired");
    }
    const { request, signed } = asked;
    await this._answered(request, patience, body);
    const { status, responseText: text } = request;
    const isSigned = await signed.knows(
      request.getResponseHeader(Syncd.handshake.HEADER),
      status,
      text ?? "",
    );
    const isOfOtherSession = status === 401 && isSigned && (await this.renew(request, signed));
    return { status, isSigned, isOfOtherSession, answer: parsed(text) };
  },

  /**
   * Make a request, signed and not sent yet.
   *
   * @param {string} method
   * @param {string} address
   * @param {string} [body]
   * @returns {Promise<{request: XMLHttpRequest, signed: any} | null>} null where no daemon was paired
   */
  async prepare(method, address, body) {
    const control = Syncd.keys.control();
    if (!control || this._closed) {
      return null;
    }
    if (this._caller?.key !== control.key) {
      this._caller = { key: control.key, signer: new Syncd.handshake.Caller(control.key) };
    }
    const { signer } = this._caller;
    const signed = await signer.sign(method, address, body ?? "");
    // Nothing goes along that Zotero has for others.
    const request = /** @type {any} */ (new XMLHttpRequest({ mozAnon: true }));
    request.mozBackgroundRequest = true;
    request.open(method, control.url + address);
    // Whoever is there in the daemon's place can't send it on to another computer.
    request.channel.QueryInterface(Components.interfaces.nsIHttpChannel).redirectionLimit = 0;
    request.setRequestHeader("Cache-Control", "no-store");
    request.setRequestHeader(Syncd.handshake.HEADER, signed.header);
    if (body !== undefined) {
      request.setRequestHeader("Content-Type", "application/json");
    }
    return { request, signed: { ...signed, signer } };
  },

  /**
   * Take over the session that a refusal names, if the paired daemon refused.
   *
   * @param {XMLHttpRequest} request
   * @param {any} signed
   * @returns {Promise<boolean>} whether it did
   */
  async renew(request, signed) {
    const { responseText: text } = request;
    const session = parsed(text)?.session;
    if (
      typeof session !== "string" ||
      !(await signed.knows(request.getResponseHeader(Syncd.handshake.HEADER), 401, text))
    ) {
      return false;
    }
    signed.signer.session = session;
    return true;
  },

  /**
   * Send a request and wait for its answer.
   *
   * @param {XMLHttpRequest} request
   * @param {number} patience in ms
   * @param {string} [body]
   * @returns {Promise<void>}
   */
  _answered(request, patience, body) {
    request.timeout = patience;
    this._requests.add(request);
    return new Promise((/** @type {(nothing: void) => void} */ resolve, reject) => {
      request.onload = () => resolve();
      request.ontimeout = () => reject(new SyncdDaemonError("slow"));
      request.onerror = () => reject(new SyncdDaemonError("not-running"));
      request.onabort = () => reject(new SyncdDaemonError("not-running"));
      request.send(body);
    }).finally(() => this._requests.delete(request));
  },
};
