/**
 * A program that was paired, or asks to be, and the daemon that it is: by node's own cryptography, so that the plugin's
 * is checked by another.
 */
const { createHash, createHmac, getDiffieHellman, randomBytes } = require("node:crypto");

const hash = (text) => createHash("sha256").update(text, "utf8").digest("hex");
const mac = (key, ...parts) =>
  createHmac("sha256", Buffer.from(key, "hex"))
    .update(["syncd 2", ...parts].join("\n"), "utf8")
    .digest("hex");

/** Whoever asks for a pairing. */
class Asker {
  constructor() {
    this._half = getDiffieHellman("modp14");
    this.public = this._half.generateKeys("hex").padStart(512, "0");
    /** What is sent at first. */
    this.first = { api: 2, commitment: hash(this.public) };
  }

  /** @param {{pairing: string, public: string}} told */
  agree(told) {
    /** What is sent then. */
    this.second = { pairing: told.pairing, public: this.public };
    const shared = this._half.computeSecret(told.public, "hex", "hex").padStart(512, "0");
    const both = [shared, this.public, told.public].join("\n");
    const code = String(Number.parseInt(hash(`syncd code\n${both}`).slice(0, 12), 16) % 1_000_000);
    return { key: hash(`syncd key\n${both}`), code: code.padStart(6, "0").replace(/^.../, "$& ") };
  }
}

/** Signs requests to the plugin. @param {string} key */
const caller = (key) => ({
  session: "",
  sign(method, target, text, server = "") {
    this.nonce = randomBytes(16).toString("hex");
    const asked = [method, target, hash(text), this.session, this.nonce, server];
    return `${this.session || "-"} ${this.nonce} ${mac(key, "request to plugin", ...asked)}`;
  },
  knows({ status, text, signature }) {
    return signature === mac(key, "answer of plugin", this.nonce, String(status), hash(text));
  },
});

/**
 * A daemon: what answers, signed, and tells what happens to whoever listens.
 *
 * @param {string} key
 * @param {(url: string, options: any) => {status?: number, body: string}} answer
 * @param {Listeners} [listeners] who listens; nobody can without
 * @returns {(url: string, options: any) => Promise<Response>} takes the place of fetch
 */
function daemon(key, answer, listeners = undefined) {
  const session = randomBytes(16).toString("hex");
  return async (url, options) => {
    const [said, nonce, theirs] = options.headers["Syncd-Signature"].split(" ");
    const target = new URL(url).pathname + new URL(url).search;
    const asked = [options.method, target, hash(options.body ?? ""), said === "-" ? "" : said, nonce, ""];
    if (theirs !== mac(key, "request to daemon", ...asked)) {
      return new Response("{}", { status: 401 });
    }
    const signed = (status, body) => mac(key, "answer of daemon", nonce, String(status), hash(body));
    if (said === session && target === "/events" && listeners) {
      const body = listeners.add((...told) => mac(key, "event of daemon", nonce, ...told), options.signal);
      return new Response(body, { status: 200, headers: { "Syncd-Signature": signed(200, "") } });
    }
    const { status = 200, body } =
      said === session ? answer(url, options) : { status: 401, body: JSON.stringify({ session }) };
    return new Response(body, { status, headers: { "Syncd-Signature": signed(status, body) } });
  };
}

/** Who listens to a daemon. */
class Listeners {
  _all = new Map();
  /** How often somebody began to. */
  began = 0;

  get count() {
    return this._all.size;
  }

  /** @param {(number: string, name: string, hash: string) => string} sign @param {AbortSignal} signal */
  add(sign, signal) {
    this.began += 1;
    return new ReadableStream({
      start: (controller) => {
        this._all.set(controller, { sign, number: 0 });
        signal.addEventListener("abort", () => this._all.delete(controller));
        this.tell("alive");
      },
    });
  }

  /** Tell of an event; `spoil` changes its text on the way. */
  tell(name, data = {}, spoil = (text) => text) {
    const told = JSON.stringify(data);
    for (const [controller, listener] of this._all) {
      const number = String(listener.number);
      listener.number += 1;
      const id = `${number} ${listener.sign(number, name, hash(told))}`;
      controller.enqueue(new TextEncoder().encode(spoil(`event: ${name}\nid: ${id}\ndata: ${told}\n\n`)));
    }
  }

  /** Let all answers end, as the daemon's end does. */
  end() {
    for (const controller of this._all.keys()) {
      this._all.delete(controller);
      controller.close();
    }
  }
}

/** Let all that is under way come to its end: what waits for its turn, and what is signed by other threads. */
async function rest() {
  for (let turn = 0; turn < 50; turn += 1) {
    await crypto.subtle.digest("SHA-256", new Uint8Array(1));
    await new Promise(setImmediate);
  }
}

module.exports = { Asker, Listeners, caller, daemon, rest };
