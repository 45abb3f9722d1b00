/**
 * Values as the reader sees them: scores, times, numbers, links.
 *
 * Pure; asks nobody anything.
 */
Syncd.format = {
  /** The value of no score: Zotero puts an empty one first when a column is sorted downwards. */
  NO_SCORE: "000.00",

  /**
   * Return a score as a column's value: under Zotero's numeric collation "9.5" would come before "9.45", so there are
   * zeros on both sides.
   *
   * @param {number | null | undefined} score 0 to 100
   * @param {boolean} [band] it is the lower end of a band, as of the tag "AI Score 90+"
   * @returns {string} such as "092.50" or "090.00+"
   */
  scoreKey(score, band = false) {
    if (typeof score !== "number" || !Number.isFinite(score)) {
      return this.NO_SCORE;
    }
    // A score of 0 has to differ from none.
    const kept = Math.min(Math.max(score, 0.01), 999.99);
    return kept.toFixed(2).padStart(6, "0") + (band ? "+" : "");
  },

  /**
   * @param {string} key as `scoreKey` gives it
   * @param {string} locale
   * @returns {string} such as "92.5" or "90+"; "" for none
   */
  scoreText(key, locale) {
    const value = Number.parseFloat(key);
    if (!value) {
      return "";
    }
    return this.number(value > 0.01 ? value : 0, locale) + (key.endsWith("+") ? "+" : "");
  },

  /**
   * @param {string | null | undefined} iso
   * @param {string} locale
   * @param {boolean} [exact] with hour and minute
   * @returns {string} "" where there is no time, or none that can be read
   */
  day(iso, locale, exact = false) {
    const moment = new Date(iso ?? "");
    if (Number.isNaN(moment.getTime())) {
      return "";
    }
    /** @type {Intl.DateTimeFormatOptions} */
    const shape = { day: "numeric", month: "short", year: "numeric" };
    if (exact) {
      Object.assign(shape, { hour: "numeric", minute: "2-digit" });
    } else if (/^\d{4}-\d\d-\d\d$/.test(iso ?? "")) {
      // A day without a time of day is the same day everywhere.
      shape.timeZone = "UTC";
    }
    return new Intl.DateTimeFormat(locale, shape).format(moment);
  },

  /** How long each unit of time is, in seconds; the longest first. */
  UNITS: /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ]),

  /**
   * @param {string | null | undefined} iso
   * @param {string} locale
   * @returns {string} such as "5 minutes ago" or "in 3 hours", the day where it is more than a week away; "" for none
   */
  distance(iso, locale) {
    const seconds = (new Date(iso ?? "").getTime() - Date.now()) / 1000;
    if (Number.isNaN(seconds)) {
      return "";
    }
    if (Math.abs(seconds) > 7 * 86_400) {
      return this.day(iso, locale);
    }
    const [unit, length] = this.UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 60];
    // Less than a minute is "now".
    const count = Math.trunc(seconds / length);
    return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(count, unit);
  },

  /**
   * @param {number | null | undefined} value
   * @param {string} locale
   * @returns {string} such as "26,281"; "" for none
   */
  number(value, locale) {
    return typeof value === "number"
      ? new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(value)
      : "";
  },

  /**
   * @param {string} text with the markup that Zotero knows in titles, such as "<i>"
   * @returns {string} the text without it
   */
  plain(text) {
    return text.replace(/<\/?(?:i|b|sub|sup|sc|span)(?:\s[^<>]*)?>/gi, "");
  },

  /**
   * @param {unknown} url
   * @returns {string | null} the address, if it is one of the web: nothing else is ever opened
   */
  webAddress(url) {
    try {
      const { protocol, href } = new URL(String(url));
      return protocol === "https:" || protocol === "http:" ? href : null;
    } catch {
      return null;
    }
  },

  /**
   * @param {string} url an address of the web
   * @returns {string} host and path, such as "github.com/owner/repo"
   */
  shortAddress(url) {
    const { hostname, pathname } = new URL(url);
    const short = hostname.replace(/^www\./, "") + pathname.replace(/\/$/, "");
    return short.length > 60 ? `${short.slice(0, 59)}…` : short;
  },

  /**
   * @param {string[]} words
   * @param {string} locale
   * @returns {string} such as "DOI, Date, and Abstract"
   */
  list(words, locale) {
    return new Intl.ListFormat(locale, { type: "conjunction" }).format(words);
  },

  /**
   * @param {string | null | undefined} source a page's address or file, or a service's name of an author
   * @returns {string} what tells it from others, such as "example.org/he" or "pengcheng-he.txt"
   */
  place(source) {
    const address = this.webAddress(source);
    return address ? this.shortAddress(address) : ((source ?? "").split(/[\\/]/).at(-1) ?? "");
  },
};
