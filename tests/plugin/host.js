/**
 * The plugin as it is built, in a Zotero that answers over real HTTP on this computer, as Zotero's own server does:
 * `node host.js BOOTSTRAP`. The first line of its output is the port; it ends with its input.
 *
 * Below /users/1/ the library's owner sees and changes it, and POST /test is the hand on Zotero's windows. Neither
 * is in the real client.
 */
const fs = require("node:fs");
const http = require("node:http");
const { Owner } = require("./owner.js");
const { World, load } = require("./zotero.js");

const SCRIPT = fs.readFileSync(process.argv[2], "utf8");
const ABOUT = { id: "syncd@zotero", version: "0.1.0", rootURI: "file:///plugin/" };
/** Reasons of the client for ending a plugin. */
const APP_SHUTDOWN = 2;
const ADDON_DISABLE = 4;
const ADDON_UNINSTALL = 6;
/** What Zotero's server knows the words of; it says "undefined" for others. */
const PHRASES = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  412: "Precondition Failed",
};
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/** Zotero with the plugin in it. */
class Host {
  world = new World();
  plugin = null;

  async start() {
    this.plugin = load({ script: SCRIPT, world: this.world });
    await this.plugin.scope.startup(ABOUT, 1);
    this.owner = new Owner(this.world, this.plugin.Zotero);
  }

  /** @param {number} reason */
  async stop(reason) {
    await this.plugin.scope.shutdown(ABOUT, reason);
    if (reason === ADDON_UNINSTALL) {
      await this.plugin.scope.uninstall(ABOUT, reason);
    }
  }

  /**
   * The user, or an accident, does something to Zotero.
   *
   * @type {Record<string, (value: any) => any>}
   */
  hand = {
    clicks: (button) => {
      this.world.clicks = () => button;
    },
    dialogs: () => this.world.dialogs.map((words) => String(words[2])),
    revoke: () => {
      const { keys } = this.plugin.Syncd;
      for (const { id } of keys.list()) {
        keys.revoke(id);
      }
    },
    control: () => this.plugin.Syncd.keys.control(),
    user: (number) => {
      this.world.userID = number;
    },
    shown: (keys) => this.shown(keys),
    disable: () => this.stop(ADDON_DISABLE),
    remove: () => this.stop(ADDON_UNINSTALL),
    install: () => this.start(),
    database: async (key) => {
      await this.stop(APP_SHUTDOWN);
      this.world.localUserKey = key;
      await this.start();
    },
    restart: async () => {
      await this.stop(APP_SHUTDOWN);
      await this.start();
    },
    forget: async () => {
      await this.stop(APP_SHUTDOWN);
      this.world.files.clear();
      await this.start();
    },
  };

  /**
   * What the views show of the user's own library, as the daemon tells them.
   *
   * @param {{item: string, collection: string}} keys
   */
  async shown({ item, collection }) {
    const { Syncd } = this.plugin;
    this.world.fetch = fetch;
    Syncd.daemon.forget();
    const own = { libraryID: this.plugin.Zotero.Libraries.userLibraryID };
    const section = await Syncd.section._ask({ ...own, key: item }, null);
    const panel = await Syncd.collection.profile({ ...own, key: collection });
    const columns = await Syncd.daemon.known(Syncd.libraryPrefix(own.libraryID)).catch(() => ({ items: {} }));
    return {
      section: section.about,
      panel: panel.profile,
      figures: panel.figures,
      columns: columns.items[item] ?? null,
    };
  }

  /**
   * @param {http.IncomingMessage} request
   * @param {string} body
   * @returns {Promise<[status: number, type?: string, body?: string, headers?: Record<string, string>] | null>} null
   *   cuts the connection
   */
  async answer(request, body) {
    const { now, "x-test-now": _, ...headers } = { now: request.headers["x-test-now"], ...request.headers };
    if (now) {
      this.world.now = now.slice(0, 19).replace("T", " ");
      this.world.time = Date.parse(now);
    }
    const url = new URL(request.url, "http://127.0.0.1");
    if (url.pathname === "/test") {
      const [[what, value]] = Object.entries(JSON.parse(body));
      return [200, "application/json", JSON.stringify((await this.hand[what](value)) ?? null)];
    }
    if (url.pathname.startsWith("/users/1/")) {
      return this.owner.answer(request.method, url, body ? JSON.parse(body) : null);
    }
    const stop = headers["x-test-stop"];
    delete headers["x-test-stop"];
    return this.dispatch(request.method, url, headers, body, stop === undefined ? null : Number(stop));
  }

  /**
   * Do what Zotero's server does.
   *
   * @param {string} method
   * @param {URL} url
   * @param {Record<string, string>} headers
   * @param {string} body
   * @param {number | null} stop after how many saves the disk is full
   */
  async dispatch(method, url, headers, body, stop) {
    if (!LOOPBACK.test(headers.host ?? "")) {
      return [400];
    }
    const Endpoint = this.world.endpoints[url.pathname];
    if (!Endpoint) {
      return [404, "text/plain", "No endpoint found\n"];
    }
    if (method === "HEAD" || method === "OPTIONS") {
      return [200];
    }
    if (method !== "GET" && method !== "POST") {
      return [501, "text/plain", "Method not implemented\n"];
    }
    if (method === "POST" && !/^\d+$/.test(headers["content-length"] ?? "")) {
      return [400, "text/plain", "Content-length not provided\n"];
    }
    const endpoint = new Endpoint();
    if (!endpoint.supportedMethods.includes(method)) {
      return [400, "text/plain", "Endpoint does not support method\n"];
    }
    const browser = headers["user-agent"]?.startsWith("Mozilla/") || "origin" in headers;
    if (browser && !headers["zotero-allowed-request"] && !headers["x-zotero-connector-api-version"]) {
      return null;
    }
    const type = (headers["content-type"] ?? "").split(/\s*;/)[0];
    let data = null;
    if (method === "POST" && type) {
      if (!endpoint.supportedDataTypes.includes(type)) {
        return [400, "text/plain", "Endpoint does not support content-type\n"];
      }
      try {
        data = JSON.parse(body);
      } catch {
        return [400, "text/plain", "Invalid JSON provided\n"];
      }
    }
    const { pathname, searchParams } = url;
    this.world.failure = stop === null ? null : fullAfter(stop);
    try {
      return await endpoint.init({ method, pathname, pathParams: {}, searchParams, headers, data });
    } finally {
      this.world.failure = null;
    }
  }
}

/** @param {number} saves how many succeed */
function fullAfter(saves) {
  let left = saves;
  return () => {
    left -= 1;
    if (left < 0) {
      throw new Error("disk full");
    }
  };
}

async function main() {
  const host = new Host();
  await host.start();
  const server = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) {
      parts.push(part);
    }
    const found = await host.answer(request, Buffer.concat(parts).toString("utf8"));
    const { socket } = response;
    if (!found) {
      socket.destroy();
      return;
    }
    const [status, type, body, headers = {}] = found;
    const first = typeof type === "string" ? { "Content-Type": type } : type;
    const lines = Object.entries({ ...first, ...headers });
    const head = [
      `HTTP/1.0 ${status} ${PHRASES[status]}`,
      "X-Zotero-Version: 11.0",
      ...lines.map(([name, value]) => `${name}: ${value}`),
    ];
    socket.end(
      body ? `${head.join("\r\n")}\r\n\r\n${body}` : `${head.join("\r\n")}\r\nContent-Length: 0\r\n\r\n`,
    );
  });
  server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
  process.stdin.resume();
  process.stdin.on("end", () => process.exit(0));
}

main();
