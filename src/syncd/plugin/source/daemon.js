/**
 * Talks with the daemon's loopback HTTP interface, which pairing turned on. Signs what it asks, and believes no answer
 * that is not signed.
 *
 * Asks each question at most once a minute and answers from memory in between. Asks only for what is looked at, never
 * retries by itself, never talks to another computer.
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
   */
  constructor(reason, message) {
    super(message || reason);
    this.reason = reason;
  }
}

/** @param {Response} response */
const whole = async (response) => ({
  status: response.status,
  ok: response.ok,
  header: response.headers.get(Syncd.handshake.HEADER),
  text: await response.text(),
});

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

Syncd.daemon = {
  DaemonError: SyncdDaemonError,
  /** How long an answer is good for, in ms. */
  FRESH: 60_000,
  /** How long the daemon may take to answer from what it knows, in ms. */
  PATIENCE: 10_000,
  /** How long it may take where it has to ask others, or to work, in ms. */
  LONG: 120_000,
  /** The questions for which it asks others. */
  FAR: ["/v1/search"],
  /** @type {Map<string, {at: number, answer: any}>} */
  _cache: new Map(),
  /** @type {Set<() => void>} */
  _listeners: new Set(),
  /** @type {any} signs what is asked of the daemon that was paired */
  _caller: null,

  /** Whether a daemon was paired with this Zotero. */
  get paired() {
    return Syncd.keys.control() !== null;
  },

  /** Forget all answers and tell the listeners. */
  forget() {
    this._cache.clear();
    for (const listener of this._listeners) {
      listener();
    }
  },

  /**
   * Be told when something was asked of the daemon, or a pairing came or went: what is shown may be old now.
   *
   * @param {() => void} listener
   * @returns {() => void} call it to be told no longer
   */
  onChange(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  },

  /** As `syncd status --json`, with `libraries`, `reviews` (a number), `dashboard` (an address or null). */
  status() {
    return this._get("/v1/status");
  },

  /**
   * What syncd knows of items; those that it doesn't know are left out.
   *
   * @param {string} library such as "users/0"
   * @param {string[]} keys at most 500
   * @returns {Promise<{items: Record<string, any>}>}
   */
  items(library, keys) {
    return this._get("/v1/items", { ...this._names(library), keys: keys.join(",") });
  },

  /**
   * Keys with score and code, for the columns: all pages of them.
   *
   * @param {string} library
   */
  async known(library) {
    const items = {};
    for (let since = ""; ; ) {
      const names = this._names(library);
      const page = await this._get("/v1/known", since ? { ...names, since } : names);
      Object.assign(items, page.items);
      if (!page.next || page.next === since) {
        return { items, until: page.until ?? null };
      }
      since = page.next;
    }
  },

  /** @param {string} library */
  profiles(library) {
    return this._list("/v1/profiles", this._names(library));
  },

  reviews() {
    return this._list("/v1/reviews");
  },

  /** @param {string} name an author's */
  search(name) {
    return this._list("/v1/search", { name });
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
   * @returns {Promise<{trashed: number, reverted: number, left: any[]}>}
   */
  undo(run = null) {
    return this._post("/v1/undo", { run });
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
   * Ask, or answer from memory. A failure is remembered just as long, for asking again at once would not help.
   *
   * @param {string} path
   * @param {Record<string, string>} [query]
   * @returns {Promise<any>}
   */
  _get(path, query = {}) {
    const words = new URLSearchParams(query).toString();
    const address = words ? `${path}?${words}` : path;
    const known = this._cache.get(address);
    if (known && Date.now() - known.at < this.FRESH) {
      return known.answer;
    }
    for (const [old, { at }] of this._cache) {
      if (Date.now() - at >= this.FRESH) {
        this._cache.delete(old);
      }
    }
    const answer = this._ask("GET", address, this.FAR.includes(path) ? this.LONG : this.PATIENCE);
    this._cache.set(address, { at: Date.now(), answer });
    return answer;
  },

  /**
   * @param {string} path
   * @param {Record<string, string>} [query]
   * @returns {Promise<any[]>}
   */
  async _list(path, query) {
    const answer = await this._get(path, query);
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
    const control = Syncd.keys.control();
    if (!control) {
      throw new SyncdDaemonError("not-paired");
    }
    if (this._caller?.key !== control.key) {
      this._caller = { key: control.key, signer: new Syncd.handshake.Caller(control.key) };
    }
    const { signer } = this._caller;
    let response = await this._send(signer, control.url, method, address, patience, body);
    if (response.isSigned && response.status === 401 && typeof response.answer?.session === "string") {
      // It started anew, or nothing was asked of it before: it has done nothing.
      signer.session = response.answer.session;
      response = await this._send(signer, control.url, method, address, patience, body);
    }
    const { answer } = response;
    if (response.status === 401 || response.status === 403) {
      throw new SyncdDaemonError("refused");
    }
    if (!response.isSigned) {
      throw new SyncdDaemonError("strange");
    }
    if (answer === null || typeof answer !== "object") {
      throw new SyncdDaemonError("strange");
    }
    if (!response.ok) {
      const sentence = [answer.message, answer.error].find((one) => typeof one === "string");
      const said = Syncd.messages.say(answer.error_said, sentence ?? `HTTP ${response.status}`);
      throw new SyncdDaemonError("failed", said);
    }
    return answer;
  },

  /**
   * Send one request, signed, and return what came back.
   *
   * @param {any} signer
   * @param {string} root
   * @param {string} method
   * @param {string} address
   * @param {number} patience in ms
   * @param {string} [body]
   * @returns {Promise<{status: number, ok: boolean, isSigned: boolean, answer: any}>} `answer` is null where it is none
   */
  async _send(signer, root, method, address, patience, body) {
    const { HEADER } = Syncd.handshake;
    const { header, knows } = await signer.sign(method, address, body ?? "");
    const headers = { [HEADER]: header, Accept: "application/json" };
    const sent =
      body === undefined
        ? { headers }
        : { headers: { ...headers, "Content-Type": "application/json" }, body };
    const asked = fetch(root + address, {
      method,
      ...sent,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    const { status, ok, ...response } = await this._inTime(asked.then(whole), patience);
    const isSigned = await knows(response.header, status, response.text);
    return { status, ok, isSigned, answer: parsed(response.text) };
  },

  /**
   * @template T
   * @param {Promise<T>} asked
   * @param {number} patience in ms
   * @returns {Promise<T>}
   */
  _inTime(asked, patience) {
    let timer = 0;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(() => reject(new SyncdDaemonError("slow")), patience);
    });
    const answered = asked.catch((error) => {
      Syncd.log(error);
      throw new SyncdDaemonError("not-running");
    });
    return Promise.race([answered, late]).finally(() => clearTimeout(timer));
  },
};
