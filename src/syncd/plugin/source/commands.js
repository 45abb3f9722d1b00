/**
 * What the reader asks of the daemon: sync, pause, resume, undo, follow no longer, and how that went.
 *
 * Each says at the window's corner what came of it, also where it failed; none asks twice by itself.
 */
Syncd.commands = {
  /** How long the lines stay, in ms. */
  STAY: 6_000,
  /** How long something may take before a line says that it is under way, in ms. */
  SOON: 2_000,
  /** As many profiles have a line each; of more there is a sum. */
  MOST_LINES: 5,
  /** What a look may have brought, as the daemon calls it, in the order in which it is told. */
  BROUGHT: ["created", "adopted", "updated", "reviews"],

  /**
   * Look at profiles now, and say what came of it.
   *
   * @param {string[]} [names] of profiles; all without
   * @returns {Promise<boolean>} whether there was an answer
   */
  async syncNow(names = []) {
    const slow = { l10n: "syncd-sync-goes-on", args: {} };
    const answer = await this._answered(() => Syncd.daemon.syncNow(names), slow);
    if (answer) {
      this._show(this.looks(answer.profiles ?? []));
    }
    return answer !== null;
  },

  /**
   * Return what looks at profiles brought: a line for each profile of which there is something to say, or a sum.
   *
   * @param {any[]} looks as the daemon tells them
   * @returns {string[]}
   */
  looks(looks) {
    const worth = looks.filter((look) => look.error || this.BROUGHT.some((name) => look[name]));
    if (!worth.length) {
      const [only] = looks;
      return [
        looks.length === 1
          ? this._look(only)
          : Syncd.words.say("syncd-sync-nothing", { profiles: looks.length }),
      ];
    }
    if (worth.length <= this.MOST_LINES) {
      return worth.map((look) => this._look(look));
    }
    const sum = Object.fromEntries(
      this.BROUGHT.map((name) => [name, worth.reduce((total, look) => total + (look[name] ?? 0), 0)]),
    );
    const troubled = worth.filter((look) => look.error).length;
    const who = Syncd.words.say("syncd-sync-profiles", { profiles: looks.length });
    return [
      ...(this._brought(sum).length ? [this._line(who, this._brought(sum))] : []),
      ...(troubled ? [Syncd.words.say("syncd-sync-troubled", { profiles: troubled })] : []),
    ];
  },

  /** @param {any} look */
  _look(look) {
    const { error } = look;
    const brought = this._brought(look);
    const nothing = Syncd.words.say("syncd-sync-none");
    const trouble = error && Syncd.messages.say(error.message_said, error.message ?? String(error));
    const said = brought.length ? brought : [trouble || nothing];
    return this._line(look.author || look.profile, trouble && brought.length ? [...said, trouble] : said);
  },

  /**
   * @param {any} counts
   * @returns {string[]} such as "2 new papers" and "1 waits for you"
   */
  _brought(counts) {
    return this.BROUGHT.filter((name) => counts[name]).map((name) =>
      Syncd.words.say(`syncd-brought-${name}`, { count: counts[name] }),
    );
  },

  /**
   * @param {string} who
   * @param {string[]} parts
   */
  _line(who, parts) {
    const list = new Intl.ListFormat(Zotero.locale, { type: "unit", style: "short" });
    return Syncd.words.say("syncd-sync-line", { who, brought: list.format(parts) });
  },

  pause() {
    return this.run(() => Syncd.daemon.pause(), "syncd-did-pause");
  },

  resume() {
    return this.run(() => Syncd.daemon.resume(), "syncd-did-resume");
  },

  /**
   * Follow a profile no longer, if the reader means it.
   *
   * @param {any} window
   * @param {{name: string, author?: string | null}} profile
   */
  async askUnfollow(window, { name, author }) {
    const args = { profile: author || name };
    if (Syncd.dialog.ask(window, "syncd-unfollow", args)) {
      await this.run(() => Syncd.daemon.unfollow(name), "syncd-did-unfollow", args);
    }
  },

  /**
   * Ask the daemon what an undo of the last run would do, tell the reader, and do it if they mean it.
   *
   * @param {any} window
   */
  async askUndo(window) {
    const would = await this._answered(() => Syncd.daemon.undoing());
    if (would) {
      const { run, started, trashed, reverted, left } = would;
      const day = Syncd.format.day(started, Zotero.locale, true);
      if (Syncd.dialog.ask(window, "syncd-undo", { day, trashed, reverted, left: left.length })) {
        await this.undo(run);
      }
    }
  },

  /** Open the dashboard in the reader's browser. */
  async openDashboard() {
    const told = await this._answered(() => Syncd.daemon.dashboard());
    const address = Syncd.format.webAddress(told?.url);
    if (address) {
      Zotero.launchURL(address);
    }
  },

  /**
   * Say that a paper is not by somebody who is followed, if the reader means it; of several, they choose one.
   *
   * @param {any} window
   * @param {any} item
   * @param {{name: string, author: string}[]} profiles that list it
   */
  async askReject(window, item, profiles) {
    const profile = this._chosen(window, profiles);
    if (!profile) {
      return;
    }
    const library = Syncd.libraryPrefix(item.libraryID);
    const would = await this._answered(() => Syncd.daemon.rejecting(library, item.key, profile.name));
    const args = { profile: profile.author || profile.name };
    if (would && Syncd.dialog.ask(window, "syncd-reject", { ...args, ...this._fate(would) })) {
      const reject = async () => this._fate(await Syncd.daemon.reject(library, item.key, profile.name));
      await this.run(reject, "syncd-did-reject", args);
    }
  },

  /**
   * @param {any} window
   * @param {{name: string, author: string}[]} profiles
   * @returns {{name: string, author: string} | undefined} none where the reader chose none
   */
  _chosen(window, profiles) {
    const authors = profiles.map(({ name, author }) => author || name);
    const names = authors.map((author, place) =>
      authors.filter((other) => other === author).length > 1 ? `${author} (${profiles[place].name})` : author,
    );
    return profiles[profiles.length > 1 ? Syncd.dialog.choose(window, "syncd-reject", names) : 0];
  },

  /** @param {any} answer what became of a paper's item, as the daemon tells it */
  _fate({ title, collection, item }) {
    return { title, collection, fate: item.replace(" ", "-") };
  },

  /** @param {string | null} [run] its name; the last one without */
  undo(run = null) {
    return this.run(async () => {
      const { trashed, reverted, left, failed } = await Syncd.daemon.undo(run);
      return { trashed, reverted, left: left.length, failed: failed?.length ?? 0 };
    }, "syncd-did-undo");
  },

  /**
   * Do something, and say how it went.
   *
   * @param {() => Promise<any>} ask may return what the line is to say
   * @param {string} l10n the line, if all went well
   * @param {Record<string, string | number>} [args]
   * @returns {Promise<boolean>} whether all went well
   */
  async run(ask, l10n, args = {}) {
    const answer = await this._answered(async () => (await ask()) ?? {});
    if (answer) {
      this.tell(l10n, { ...args, ...answer });
    }
    return answer !== null;
  },

  /**
   * Wait for an answer; a line says that it takes long, or why there is none.
   *
   * @param {() => Promise<any>} ask
   * @param {{l10n: string, args: {}} | null} [slow] what to say where it takes longer than anybody waits
   * @returns {Promise<any>} null where there is none
   */
  async _answered(ask, slow = null) {
    /** @type {any} */
    let note = null;
    const timer = setTimeout(() => {
      note = this._note([Syncd.words.say("syncd-at-it")]);
    }, this.SOON);
    try {
      return await ask();
    } catch (error) {
      Syncd.log(error);
      const isSlow = /** @type {any} */ (error)?.reason === "slow";
      const { l10n, args } = (isSlow && slow) || Syncd.words.trouble(error);
      this.tell(l10n, args);
      return null;
    } finally {
      clearTimeout(timer);
      note?.close();
    }
  },

  /**
   * Show one line at the window's corner, which goes by itself.
   *
   * @param {string} l10n
   * @param {Record<string, any>} args
   */
  tell(l10n, args) {
    this._show([Syncd.words.say(l10n, args)]);
  },

  /** @param {string[]} lines */
  _show(lines) {
    this._note(lines).startCloseTimer(this.STAY);
  },

  /**
   * @param {string[]} lines
   * @returns {any} what shows them, until it is closed
   */
  _note(lines) {
    const note = new Zotero.ProgressWindow({ closeOnClick: true });
    note.changeHeadline("syncd");
    for (const line of lines) {
      // Zotero reads markup there; a title or a message is none.
      note.addDescription(line.replace(/[<>]/g, ""));
    }
    note.show();
    return note;
  },
};
