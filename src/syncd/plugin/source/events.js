/**
 * What happens in the daemon, told as it happens: one answer of the daemon's that goes on while both sides are there.
 *
 * Believes no event that is not signed, or that is not the next one. Begins anew where the answer ends, ever more
 * rarely while nobody is there. Begins only once something was asked of the daemon, and ends with the plugin.
 */

/**
 * @typedef {object} DaemonEvent
 * @property {string} name "running" and "gone" are the daemon itself; else as the daemon calls it
 * @property {any} data
 */

const EVENT = /^event: (\w+)\nid: (\d+) ([0-9a-f]{64})\ndata: (.*)$/;

Syncd.events = {
  /** How soon the first answer is asked for, and how rarely while nobody is there, in ms. */
  SOON: 1_000,
  LONGEST: 60_000,
  /** The daemon says something every 15 seconds; how long it may say nothing, in ms. */
  SILENCE: 45_000,
  /** How long an answer may be, in characters: all of it stays in memory. */
  LARGEST: 1_000_000,
  /** @type {XMLHttpRequest | null} the answer that goes on */
  _request: null,
  /** @type {any} until the next beginning */
  _timer: null,
  /** @type {any} until the silence is too long */
  _silence: null,
  _wait: 0,
  /** @type {boolean | null} whether the daemon is there; null where that is not known */
  running: null,

  /** Begin to listen, unless that is so already, or no daemon was paired. */
  listen() {
    if (!this._request && this._timer === null && Syncd.daemon.paired) {
      this._later(this.SOON);
    }
  },

  /** Listen no longer. */
  close() {
    clearTimeout(this._timer);
    clearTimeout(this._silence);
    this._timer = null;
    this._wait = 0;
    this.running = null;
    this._end();
  },

  /** @param {number} wait in ms */
  _later(wait) {
    this._wait = wait;
    this._timer = setTimeout(() => {
      this._timer = null;
      Syncd.quietly("listening to the daemon", () => this._begin());
    }, wait);
  },

  /** End an answer without telling anybody. */
  _end() {
    const request = this._request;
    this._request = null;
    request?.abort();
  },

  async _begin() {
    const asked = await Syncd.daemon.prepare("GET", "/events");
    if (!asked || this._request || this._timer !== null) {
      return;
    }
    const { request, signed } = asked;
    this._request = request;
    const answer = { request, signed, read: 0, next: 0, good: false };
    let turn = Promise.resolve();
    /** @param {() => Promise<void>} action */
    const inTurn = (action) => {
      turn = turn
        .then(() => (this._request === request ? action() : undefined))
        .catch((error) => this._failed(answer, error));
    };
    request.addEventListener("progress", () => {
      this._watch(answer);
      inTurn(() => this._read(answer));
    });
    request.addEventListener("loadend", () => inTurn(() => this._ended(answer)));
    this._watch(answer);
    request.send();
  },

  /** @param {any} answer */
  _watch({ request }) {
    clearTimeout(this._silence);
    this._silence = setTimeout(() => request.abort(), this.SILENCE);
  },

  /**
   * Read what came since.
   *
   * @param {any} answer
   */
  async _read(answer) {
    const { request, signed } = answer;
    if (request.status !== 200) {
      return;
    }
    if (!answer.good) {
      if (!(await signed.knows(request.getResponseHeader(Syncd.handshake.HEADER), 200, ""))) {
        throw new Error("the answer is not signed by the daemon that was paired");
      }
      answer.good = true;
      this._wait = 0;
    }
    const text = request.responseText;
    for (let end = text.indexOf("\n\n", answer.read); end >= 0; end = text.indexOf("\n\n", answer.read)) {
      await this._take(answer, text.slice(answer.read, end));
      answer.read = end + 2;
    }
    if (text.length > this.LARGEST) {
      this._end();
      this._later(0);
    }
  },

  /**
   * @param {any} answer
   * @param {string} text of one event
   */
  async _take(answer, text) {
    const [, name, number, mac, data] = EVENT.exec(text) ?? [];
    if (Number(number) !== answer.next || !(await answer.signed.event(number, name, data, mac))) {
      throw new Error("an event is not the daemon's, or not the next one");
    }
    answer.next += 1;
    if (this.running !== true) {
      const before = this.running;
      this.running = true;
      Syncd.daemon.heard({ name: "running", data: { before } });
    }
    if (name !== "alive") {
      Syncd.daemon.heard({ name, data: JSON.parse(data) });
    }
  },

  /**
   * The answer ended: the daemon did, or never was there, or it is another session.
   *
   * @param {any} answer
   */
  async _ended({ request, signed, good }) {
    clearTimeout(this._silence);
    this._request = null;
    if (request.status === 401 && (await Syncd.daemon.renew(request, signed)) && this._wait !== 1) {
      this._later(1);
      return;
    }
    this._later(good ? this.SOON : Math.min(Math.max(2 * this._wait, this.SOON), this.LONGEST));
    if (this.running !== false) {
      const before = this.running;
      this.running = false;
      if (before) {
        Syncd.daemon.heard({ name: "gone", data: {} });
      }
    }
  },

  /**
   * @param {any} answer
   * @param {unknown} error
   */
  _failed({ request }, error) {
    Syncd.log(error);
    if (this._request === request) {
      this._end();
      clearTimeout(this._silence);
      this._later(this.LONGEST);
    }
  },
};
