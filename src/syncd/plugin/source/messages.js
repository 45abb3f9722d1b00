/**
 * What syncd says, in Zotero's language: sentences come with a code and parameters, and the words of each code are in
 * the file `messages.json` of each language that the plugin speaks.
 *
 * Never makes up a sentence: where a code or one of its parameters is not known, it says syncd's own words, in English.
 */
Syncd.messages = {
  /** For the languages that the plugin does not speak. */
  SPOKEN: "en-US",
  /** Where a parameter is to be put, and a brace that is one: it is written twice. */
  PLACE: /\{\{|\}\}|\{(\w+)\}/g,
  /** @type {Map<string, string>} the words of each code */
  _words: new Map(),

  /** Read the words in Zotero's language, which stays the same until it is started anew. */
  async load() {
    try {
      this._words = await this._read(Zotero.locale);
    } catch {
      this._words = await this._read(this.SPOKEN);
    }
  },

  /** @param {string} locale */
  async _read(locale) {
    const address = `${Syncd.rootURI}locale/${locale}/messages.json`;
    return new Map(Object.entries(JSON.parse(await Zotero.File.getResourceAsync(address))));
  },

  /**
   * Return a sentence in Zotero's language.
   *
   * @param {any} said its code, its parameters and its words, as the daemon tells them; an older one tells nothing
   * @param {string} [words] the sentence in English
   * @returns {string}
   */
  say(said, words = "") {
    const told = typeof said?.words === "string" ? said.words : words;
    const known = said?.params ?? {};
    const one = known.count === 1 ? this._words.get(`${said?.code}/one`) : undefined;
    const text = one ?? this._words.get(said?.code);
    if (text === undefined || !this._names(text).every((name) => Object.hasOwn(known, name))) {
      return told;
    }
    return text.replace(this.PLACE, (brace, name) => {
      const value = known[name];
      if (name === undefined) {
        return brace[0];
      }
      return value !== null && typeof value === "object" ? this.say(value) : String(value);
    });
  },

  /**
   * Return the names of the parameters in a text.
   *
   * @param {string} text
   */
  _names(text) {
    return [...text.matchAll(this.PLACE)].flatMap(([, name]) => name ?? []);
  },
};
