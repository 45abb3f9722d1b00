/**
 * What the reader asks of the daemon: sync, pause, resume, undo, follow no longer, and how that went.
 *
 * Each says in one line what came of it, also where it failed; none asks twice by itself.
 */
Syncd.commands = {
  /** How long the line stays, in ms. */
  STAY: 6_000,
  /** How long something may take before a line says that it is under way, in ms. */
  SOON: 2_000,

  /** @param {string[]} [names] of profiles; all without */
  syncNow(names = []) {
    return this.run(
      () => Syncd.daemon.syncNow(names),
      names.length ? "syncd-did-sync-one" : "syncd-did-sync",
      {
        profile: names.join(", "),
      },
    );
  },

  pause() {
    return this.run(() => Syncd.daemon.pause(), "syncd-did-pause");
  },

  resume() {
    return this.run(() => Syncd.daemon.resume(), "syncd-did-resume");
  },

  /** @param {string} name of a profile */
  unfollow(name) {
    return this.run(() => Syncd.daemon.unfollow(name), "syncd-did-unfollow", { profile: name });
  },

  /**
   * Ask the daemon what an undo of the last run would do, tell the reader, and do it once they have said yes.
   *
   * @param {any} window
   */
  async askUndo(window) {
    const would = await this._answered(() => Syncd.daemon.undoing());
    if (would) {
      const { run, started, trashed, reverted, left } = would;
      const day = Syncd.format.day(started, Zotero.locale, true);
      const args = { day, trashed, reverted, left: left.length };
      Syncd.dialog.ask(window, "syncd-undo", args, () => this.undo(run));
    }
  },

  /** @param {string | null} [run] its name; the last one without */
  undo(run = null) {
    return this.run(async () => {
      const { trashed, reverted, left } = await Syncd.daemon.undo(run);
      return { trashed, reverted, left: left.length };
    }, "syncd-did-undo");
  },

  /**
   * Do something, and say how it went.
   *
   * @param {() => Promise<any>} ask may return what the line is to tell
   * @param {string} l10n the line, if all went well
   * @param {Record<string, string | number>} [args]
   * @returns {Promise<boolean>} whether all went well
   */
  async run(ask, l10n, args = {}) {
    const told = await this._answered(async () => (await ask()) ?? {});
    if (told) {
      this.tell(l10n, { ...args, ...told });
    }
    return told !== null;
  },

  /**
   * Wait for an answer; a line tells that it takes long, or why there is none.
   *
   * @param {() => Promise<any>} ask
   * @returns {Promise<any>} null where there is none
   */
  async _answered(ask) {
    const timer = setTimeout(() => this.tell("syncd-at-it", {}), this.SOON);
    try {
      return await ask();
    } catch (error) {
      Syncd.log(error);
      const trouble = Syncd.words.trouble(error);
      this.tell(trouble.l10n, trouble.args);
      return null;
    } finally {
      clearTimeout(timer);
    }
  },

  /**
   * Show one line at the window's corner, which goes by itself.
   *
   * @param {string} l10n
   * @param {Record<string, any>} args
   */
  tell(l10n, args) {
    const note = new Zotero.ProgressWindow({ closeOnClick: true });
    note.changeHeadline("syncd");
    // Zotero reads markup there; a title or a message is none.
    note.addDescription(Syncd.words.say(l10n, args).replace(/[<>]/g, ""));
    note.show();
    note.startCloseTimer(this.STAY);
  },
};
