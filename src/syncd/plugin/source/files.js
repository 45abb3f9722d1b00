/**
 * The plugin's own small files: JSON in the folder `syncd` of Zotero's profile, which goes with the plugin.
 *
 * Never touches a file outside of that folder, and never holds a key.
 */
Syncd.files = {
  /** @param {string} name of a file, without ".json" */
  path(name) {
    return `${this.folder()}${this.separator()}${name}.json`;
  },

  folder() {
    return `${Zotero.Profile.dir}${this.separator()}syncd`;
  },

  separator() {
    return Zotero.isWin ? "\\" : "/";
  },

  /**
   * Return what a file holds.
   *
   * @param {string} name
   * @returns {Promise<any>} null where there is none, or none that can be read
   */
  async read(name) {
    try {
      return JSON.parse(String(await Zotero.File.getContentsAsync(this.path(name))));
    } catch {
      return null;
    }
  },

  /**
   * Write a file whole, or not at all.
   *
   * @param {string} name
   * @param {unknown} value what JSON can hold
   */
  async write(name, value) {
    await Zotero.File.createDirectoryIfMissingAsync(this.folder());
    await Zotero.File.putContentsAsync(this.path(name), JSON.stringify(value));
  },

  removeAll() {
    const folder = Zotero.File.pathToFile(this.folder());
    if (folder.exists()) {
      folder.remove(true);
    }
  },
};
