/** Gecko's XMLHttpRequest as far as the plugin uses it, over what a test gives for fetch. */
const { strict } = require("./objects.js");

/** @param {World} world */
function makeRequests(world) {
  return class XMLHttpRequest {
    status = 0;
    responseText = "";
    timeout = 0;
    _http = strict("nsIHttpChannel", { redirectionLimit: 20 });
    channel = strict("channel", { QueryInterface: (kind) => kind === "nsIHttpChannel" && this._http });
    mozBackgroundRequest = false;
    _headers = {};
    _listeners = [];
    _done = false;

    constructor(options) {
      if (!options?.mozAnon) {
        throw new Error("what Zotero has for others would go along");
      }
    }

    open(method, url) {
      Object.assign(this, { _method: method, _url: url });
    }

    setRequestHeader(name, value) {
      this._headers[name] = value;
    }

    getResponseHeader(name) {
      return this._answer?.headers.get(name) ?? null;
    }

    addEventListener(type, listener) {
      this._listeners.push([type, listener]);
    }

    send(body) {
      const { timeout, _http: channel } = this;
      this._stop = new AbortController();
      if (timeout) {
        this._timer = setTimeout(() => this._end("timeout"), timeout);
      }
      const about = { timeout, redirectionLimit: channel.redirectionLimit, signal: this._stop.signal };
      const sent = { method: this._method, headers: this._headers, ...about };
      this._go(body === undefined ? sent : { ...sent, body });
    }

    abort() {
      this._end("abort");
    }

    async _go(sent) {
      try {
        this._answer = await world.fetch(this._url, sent);
        this.status = this._answer.status;
        const decoder = new TextDecoder();
        for await (const piece of this._answer.body ?? []) {
          if (this._done) {
            return;
          }
          this.responseText += decoder.decode(piece, { stream: true });
          this._happen("progress");
        }
        this._end("load");
      } catch {
        this._end("error");
      }
    }

    _end(type) {
      if (this._done) {
        return;
      }
      this._done = true;
      clearTimeout(this._timer);
      if (type !== "load") {
        Object.assign(this, { status: 0, responseText: "" });
        this._stop.abort();
      }
      this._happen(type);
      this._happen("loadend");
    }

    _happen(type) {
      this[`on${type}`]?.();
      for (const [wanted, listener] of this._listeners) {
        if (wanted === type) {
          listener();
        }
      }
    }
  };
}

module.exports = { makeRequests };
