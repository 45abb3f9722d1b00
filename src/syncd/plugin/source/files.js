/**
 * The plugin's own small files, in the folder `syncd` of Zotero's profile, which goes with the plugin.
 *
 * Never touches a file outside of that folder, and never holds a key.
 */
Syncd.files = {
  /** @param {string} [name] of a file; the folder itself without */
  path: (name = "") => PathUtils.join(Zotero.Profile.dir, "syncd", ...(name ? [name] : [])),

  /**
   * @param {string} name
   * @returns {Promise<string | null>} what the file holds; null where it can't be read
   */
  read: (name) => IOUtils.readUTF8(Syncd.files.path(name)).catch(() => null),

  /**
   * Write a file whole, or leave it as it was.
   *
   * @param {string} name
   * @param {Iterable<string> | AsyncIterable<string>} pieces
   */
  async write(name, pieces) {
    const [path, unfinished] = [Syncd.files.path(name), Syncd.files.path(`${name}.tmp`)];
    await IOUtils.makeDirectory(Syncd.files.path());
    await IOUtils.writeUTF8(unfinished, "");
    for await (const piece of pieces) {
      await IOUtils.writeUTF8(unfinished, piece, { mode: "append" });
    }
    await IOUtils.move(unfinished, path);
  },

  /**
   * @param {string} name of a file that is there
   * @param {string} text
   */
  append: (name, text) => IOUtils.writeUTF8(Syncd.files.path(name), text, { mode: "append" }),

  /** @param {string} name */
  remove: (name) => IOUtils.remove(Syncd.files.path(name), { ignoreAbsent: true }),

  removeAll: () => IOUtils.remove(Syncd.files.path(), { recursive: true, ignoreAbsent: true }),
};
