/**
 * How syncd and this plugin know each other: a key that both agree on once, and that neither ever sends.
 *
 * Each request and each answer carries an HMAC instead, both ways. The forms and the reasons are in
 * docs/plugin-protocol.md; the same is in Python in src/syncd/handshake.py.
 */

/** The version of all this, and the oldest that is still understood. Version 1 sent its token and is not spoken to. */
const API = 2;
const OLDEST = 2;
/** So many requests are remembered at once; then a new session begins, in which none of them counts. */
const MOST_USED = 10_000;
/** Hexadecimal digits of a nonce. */
const NONCE = 32;
/** RFC 3526, group 14: what it takes for two to agree on a secret that nobody between them learns. */
const PRIME = BigInt(
  `0x${[
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74",
    "020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437",
    "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed",
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05",
    "98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb",
    "9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b",
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf695581718",
    "3995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff",
  ].join("")}`,
);
const GENERATOR = 2n;
const NUMBER = /^[0-9a-f]{512}$/;

/**
 * @param {bigint} base
 * @param {bigint} exponent
 */
function power(base, exponent) {
  let result = 1n;
  let square = base;
  for (let left = exponent; left; left >>= 1n) {
    if (left & 1n) {
      result = (result * square) % PRIME;
    }
    square = (square * square) % PRIME;
  }
  return result;
}

/** @param {bigint} number */
const digits = (number) => number.toString(16).padStart(512, "0");

/** One side of an agreement (Diffie and Hellman's). */
class SyncdHalf {
  constructor() {
    this._secret = BigInt(`0x${Syncd.handshake.random(32)}`) | (1n << 255n);
    /** What the other side gets. */
    this.public = digits(power(GENERATOR, this._secret));
  }

  /**
   * @param {unknown} asking the other side's public half: of whoever asked for the pairing
   * @returns {Promise<{key: string, code: string} | null>} what both sides have now; null where the half is none
   */
  async agreed(asking) {
    const other = typeof asking === "string" && NUMBER.test(asking) ? BigInt(`0x${asking}`) : 0n;
    if (other <= 1n || other >= PRIME - 1n) {
      return null;
    }
    const told = [digits(power(other, this._secret)), asking, this.public].join("\n");
    const number = Number.parseInt((await Syncd.handshake.hash(`syncd code\n${told}`)).slice(0, 12), 16);
    const code = String(number % 1_000_000).padStart(6, "0");
    return {
      key: await Syncd.handshake.hash(`syncd key\n${told}`),
      code: `${code.slice(0, 3)} ${code.slice(3)}`,
    };
  }
}

/** Signs requests to the daemon, and knows the answers to them. */
class SyncdCaller {
  /** @param {string} key of the pairing */
  constructor(key) {
    this._key = key;
    /** What the daemon calls the time since it started; it tells where this is another. */
    this.session = "";
  }

  /**
   * Sign one request.
   *
   * @param {string} method
   * @param {string} target path and query
   * @param {string} body
   * @returns {Promise<{header: string, knows: (header: string | null, status: number, body: string) =>
   *   Promise<boolean>, event: (number: string, name: string, data: string, mac: string) => Promise<boolean>}>} the
   *   header; whether an answer is the paired daemon's, and to this request; whether an event of such an answer is
   */
  async sign(method, target, body) {
    const { handshake } = Syncd;
    const { session } = this;
    const nonce = handshake.random(NONCE / 2);
    const asked = [method, target, await handshake.hash(body), session, nonce, ""];
    const mac = await handshake.mac(this._key, "request to daemon", ...asked);
    return {
      header: `${session || "-"} ${nonce} ${mac}`,
      knows: async (header, status, text) => {
        const told = ["answer of daemon", nonce, String(status), await handshake.hash(text)];
        return handshake.equal(await handshake.mac(this._key, ...told), header ?? "");
      },
      event: async (number, name, data, mac) => {
        const told = ["event of daemon", nonce, number, name, await handshake.hash(data)];
        return handshake.equal(await handshake.mac(this._key, ...told), mac);
      },
    };
  }
}

Syncd.handshake = {
  API,
  OLDEST,
  MOST_USED,
  HEADER: "Syncd-Signature",
  Half: SyncdHalf,
  Caller: SyncdCaller,
  /** The time since the plugin started, or since so many requests: what was recorded before is good for nothing. */
  session: "",
  /** @type {Set<string>} the nonces of the session */
  _used: new Set(),

  /** Begin a session, in which nothing that was recorded before counts. */
  begin() {
    this.session = this.random(NONCE / 2);
    this._used = new Set();
  },

  /**
   * @param {number} count of bytes
   * @returns {string} that many random ones, in hexadecimal
   */
  random(count) {
    const bytes = new Uint8Array(count);
    crypto.getRandomValues(bytes);
    return this._hex(bytes);
  },

  /** @param {Uint8Array} bytes */
  _hex(bytes) {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  },

  /**
   * @param {string} text
   * @returns {Promise<string>} its SHA-256, in hexadecimal
   */
  async hash(text) {
    return this._hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
  },

  /**
   * @param {string} key in hexadecimal
   * @param {...string} parts
   * @returns {Promise<string>} their HMAC-SHA256, in hexadecimal
   */
  async mac(key, ...parts) {
    const bytes = Uint8Array.from(key.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    const how = { name: "HMAC", hash: "SHA-256" };
    const secret = await crypto.subtle.importKey("raw", bytes, how, false, ["sign"]);
    const text = new TextEncoder().encode([`syncd ${API}`, ...parts].join("\n"));
    return this._hex(new Uint8Array(await crypto.subtle.sign("HMAC", secret, text)));
  },

  /**
   * Whether two texts are the same. Takes as long for different ones.
   *
   * @param {string} one
   * @param {string} other
   */
  equal(one, other) {
    let difference = one.length ^ other.length;
    for (let at = 0; at < one.length; at += 1) {
      difference |= one.charCodeAt(at) ^ other.charCodeAt(at % Math.max(other.length, 1));
    }
    return difference === 0;
  },

  /**
   * Return who signed a request; null where nobody did that is known. A request is "late" that is of another session,
   * and "again" where it was here before: neither may be done.
   *
   * @param {string[]} keys of all who are known
   * @param {{method: string, target: string, body: string, meant: string, header: unknown}} request
   * @returns {Promise<{key: string, state: "good" | "late" | "again", answer: (status: number, body: string) =>
   *   Promise<string>} | null>} `answer` gives the header of the answer
   */
  async proof(keys, { method, target, body, meant, header }) {
    const [session, nonce, mac, ...more] = String(header ?? "").split(" ");
    if (mac === undefined || more.length || nonce.length !== NONCE) {
      return null;
    }
    const asked = [method, target, await this.hash(body), session === "-" ? "" : session, nonce, meant];
    let key = "";
    for (const known of keys) {
      key = this.equal(await this.mac(known, "request to plugin", ...asked), mac) ? known : key;
    }
    if (!key) {
      return null;
    }
    const state = this._state(session, nonce);
    return {
      key,
      state,
      answer: async (status, text) =>
        this.mac(key, "answer of plugin", nonce, String(status), await this.hash(text)),
    };
  },

  /**
   * @param {string} session
   * @param {string} nonce
   * @returns {"good" | "late" | "again"}
   */
  _state(session, nonce) {
    if (session !== this.session) {
      return "late";
    }
    if (this._used.has(nonce)) {
      return "again";
    }
    this._used.add(nonce);
    if (this._used.size >= this.MOST_USED) {
      this.begin();
    }
    return "good";
  },
};
