/**
 * The plugin's addresses below /syncd/v1/, served by Zotero on this computer.
 *
 * Browsers, other computers and callers whose signature is not a paired program's are refused before anything is
 * looked at. What arrives is data and is never evaluated.
 */

/** Bytes that a request may have. */
const LARGEST = 16 * 1024 * 1024;
const CURSOR = /^\d{1,15}-(items|collections)-\w+$/;
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * @typedef {object} Asked
 * @property {string} method
 * @property {Record<string, string>} headers in lower case
 * @property {URLSearchParams} searchParams
 * @property {any} data
 */
/** @typedef {[status: number, answer: object]} Answer */

/** An answer other than the wanted one. */
class SyncdRefusal extends Error {
  /**
   * @param {number} status
   * @param {string} message one sentence
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}
Syncd.Refusal = SyncdRefusal;

/**
 * The addresses: what each does; whether it does so without a signature; and whether whoever signs it has to mean this
 * Zotero.
 *
 * @type {Record<string, {method: string, open?: boolean, anywhere?: boolean, act: (asked: Asked, key: string) =>
 *   Promise<Answer>}>}
 */
const ADDRESSES = {
  "/syncd/v1/ping": { method: "GET", open: true, act: (_asked, key) => ping(key) },
  "/syncd/v1/pair": { method: "POST", open: true, act: (asked) => Syncd.pairing.begin(asked.data) },
  "/syncd/v1/pair/ask": { method: "POST", open: true, act: (asked) => Syncd.pairing.ask(asked.data) },
  "/syncd/v1/pair/keep": {
    method: "POST",
    anywhere: true,
    act: (asked, key) => Syncd.pairing.keep(asked.data, key),
  },
  "/syncd/v1/push": { method: "POST", act: (asked) => Syncd.push.take(asked.data) },
  "/syncd/v1/changes": { method: "GET", act: changes },
  "/syncd/v1/select": { method: "POST", act: (asked) => Syncd.endpoints.select(asked.data) },
};

/**
 * @param {string} key of the one who asks; empty where nobody is known
 * @returns {Promise<Answer>}
 */
async function ping(key) {
  const { API, OLDEST } = Syncd.handshake;
  const paired = Syncd.keys.all().includes(key);
  const about = { syncd: Syncd.version, api: API, oldest: OLDEST, paired };
  if (!paired) {
    return [200, about];
  }
  const libraries = Zotero.Libraries.getAll()
    .filter((/** @type {any} */ library) => library.libraryType !== "feed")
    .map((/** @type {any} */ library) => ({
      prefix: Syncd.libraryPrefix(library.libraryID),
      editable: Boolean(library.editable),
    }));
  const ids = { ...(await Syncd.changes.serverIds()), user: Syncd.user() };
  return [200, { ...about, zotero: Zotero.version, ...ids, libraries }];
}

/**
 * @param {Asked} asked
 * @returns {Promise<Answer>}
 */
async function changes(asked) {
  const since = asked.searchParams.get("since") ?? "0";
  if (!/^\d{1,15}$/.test(since)) {
    throw new SyncdRefusal(400, "since must be a version");
  }
  const limit = asked.searchParams.get("limit") ?? undefined;
  const after = asked.searchParams.get("after") ?? undefined;
  if (
    (limit !== undefined && !/^[1-9]\d{0,5}$/.test(limit)) ||
    (after !== undefined && !CURSOR.test(after))
  ) {
    throw new SyncdRefusal(400, "limit must be a number, and after what the page before had as next");
  }
  const libraryID = Syncd.endpoints.library(asked.searchParams.get("library"));
  return [
    200,
    await Syncd.changes.since(libraryID, Number(since), limit === undefined ? limit : Number(limit), after),
  ];
}

/**
 * Refuse what is meant for another Zotero: versions and keys of one mean nothing in another.
 *
 * @param {Asked} asked
 * @returns {Promise<Answer | null>}
 */
async function wrongServer({ headers }) {
  const { server } = await Syncd.changes.serverIds();
  const meant = headers["syncd-server"];
  if (!meant) {
    return [428, { message: "Syncd-Server must name the Zotero that is meant, as ping tells it" }];
  }
  return meant === server
    ? null
    : [412, { message: "this is another Zotero than the one that is meant", server }];
}

/**
 * Refuse what no program of the user's sends.
 *
 * @param {Asked} asked
 */
function check({ headers }) {
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  if (names.includes("origin") || names.some((name) => name.startsWith("sec-fetch-"))) {
    throw new SyncdRefusal(403, "this is not for browsers");
  }
  if (!LOOPBACK.test(headers.host ?? "")) {
    throw new SyncdRefusal(403, "this is for programs on this computer only");
  }
  if (Number(headers["content-length"] ?? 0) > LARGEST) {
    throw new SyncdRefusal(413, `a request may have ${LARGEST} bytes at most`);
  }
}

/**
 * Return what was sent: where it is signed, what the signature is of.
 *
 * @param {any} data
 * @param {any} proof
 */
function readBody(data, proof) {
  let read = data;
  if (proof) {
    try {
      read = JSON.parse(data.signed);
    } catch {
      read = null;
    }
  }
  if (read === null || typeof read !== "object") {
    throw new SyncdRefusal(400, "the request must be a JSON object");
  }
  return read;
}

Syncd.endpoints = {
  /** @type {Record<string, any>} what was registered, by address */
  _ours: {},

  register() {
    for (const [path, address] of Object.entries(ADDRESSES)) {
      this._ours[path] = this._endpoint(path, address);
      Zotero.Server.Endpoints[path] = this._ours[path];
    }
  },

  // Zotero keeps endpoints of plugins that have gone. In an upgrade, the next one's may be there already.
  unregister() {
    for (const [path, endpoint] of Object.entries(this._ours)) {
      if (Zotero.Server.Endpoints[path] === endpoint) {
        delete Zotero.Server.Endpoints[path];
      }
    }
    this._ours = {};
  },

  /**
   * @param {string} path
   * @param {typeof ADDRESSES[string]} address
   */
  _endpoint(path, address) {
    return class {
      supportedMethods = [address.method];
      supportedDataTypes = ["application/json"];

      /** @param {Asked} asked */
      async init(asked) {
        return Syncd.endpoints.respond(path, address, asked);
      }
    };
  },

  /**
   * @param {string} path
   * @param {typeof ADDRESSES[string]} address
   * @param {Asked} asked
   * @returns {Promise<[status: number, headers: Record<string, string>, body: string]>}
   */
  async respond(path, address, asked) {
    const { HEADER } = Syncd.handshake;
    /** @type {any} */
    let proof = null;
    const [status, answer] = await this._quietly(async () => {
      check(asked);
      proof = await this._proof(path, asked);
      return this.answer(address, asked, proof);
    });
    const body = JSON.stringify(answer);
    const headers = { "Content-Type": "application/json" };
    return [status, proof ? { ...headers, [HEADER]: await proof.answer(status, body) } : headers, body];
  },

  /**
   * Return who signed a request, if it was signed and never came before.
   *
   * @param {string} path
   * @param {Asked} asked
   */
  async _proof(path, { method, searchParams, headers, data }) {
    const query = String(searchParams ?? "");
    const request = {
      method,
      target: query ? `${path}?${query}` : path,
      // Zotero tells the body only as it was parsed, so what is signed is a text in it.
      body: typeof data?.signed === "string" ? data.signed : "",
      meant: headers["syncd-server"] ?? "",
      header: headers[Syncd.handshake.HEADER.toLowerCase()],
    };
    await Syncd.quietly("reading the keys", () => Syncd.keys.read());
    const proof = await Syncd.handshake.proof([...Syncd.keys.all(), ...Syncd.pairing.keys], request);
    return proof?.state === "again" ? null : proof;
  },

  /**
   * @param {typeof ADDRESSES[string]} address
   * @param {Asked} asked
   * @param {any} proof who signed it
   * @returns {Promise<Answer>}
   */
  async answer(address, asked, proof) {
    if (proof?.state === "late") {
      return [401, { message: "this is another session", session: Syncd.handshake.session }];
    }
    if (!proof && !address.open) {
      return [401, { message: "not signed with a key that is known: pair with syncd login --desktop" }];
    }
    const read = { ...asked, data: address.method === "POST" ? readBody(asked.data, proof) : null };
    if (proof && !address.open && !address.anywhere) {
      if (!Syncd.keys.all().includes(proof.key)) {
        return [401, { message: "the pairing is not done yet" }];
      }
      const other = await wrongServer(asked);
      if (other) {
        return other;
      }
    }
    return address.act(read, proof?.key ?? "");
  },

  /**
   * Return an answer; what goes wrong is one, too.
   *
   * @param {() => Promise<Answer>} act
   * @returns {Promise<Answer>}
   */
  async _quietly(act) {
    try {
      return await act();
    } catch (error) {
      if (error instanceof SyncdRefusal) {
        return [error.status, { message: error.message }];
      }
      Syncd.log(error);
      return [500, { message: `a fault in the plugin: ${Syncd.sentence(error)}` }];
    }
  },

  /**
   * Return Zotero's number of a library.
   *
   * @param {unknown} prefix "groups/N", or "users/0" and "users/N" for the user's own, as without
   * @returns {number}
   */
  library(prefix) {
    const user = Syncd.user();
    const own = ["users/0", ...(user ? [`users/${user}`] : [])];
    if (prefix === null || prefix === undefined || own.includes(String(prefix))) {
      return Zotero.Libraries.userLibraryID;
    }
    const group = /^groups\/(\d{1,15})$/.exec(String(prefix));
    const libraryID = group && Zotero.Groups.getLibraryIDFromGroupID(Number(group[1]));
    if (!libraryID) {
      throw new SyncdRefusal(404, "there is no such library");
    }
    return libraryID;
  },

  /**
   * Show an item or a collection in Zotero's window.
   *
   * @param {any} asked
   * @returns {Promise<Answer>}
   */
  async select(asked) {
    const libraryID = this.library(asked.library);
    const key = String(asked.key ?? "");
    const item = await Zotero.Items.getByLibraryAndKeyAsync(libraryID, key);
    const collection = item ? null : await Zotero.Collections.getByLibraryAndKeyAsync(libraryID, key);
    if (!item && !collection) {
      throw new SyncdRefusal(404, "there is nothing with this key");
    }
    /** @type {any} */
    const window = Zotero.getMainWindow();
    if (!window) {
      throw new SyncdRefusal(503, "Zotero has no window open");
    }
    if (item) {
      await window.ZoteroPane.selectItem(item.id);
    } else if (collection) {
      await window.ZoteroPane.collectionsView.selectCollection(collection.id);
    }
    window.focus();
    return [200, { key }];
  },
};
