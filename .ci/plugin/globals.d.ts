// What the plugin's scripts find in the scope that Zotero gives them, and zotero-types doesn't tell of.

declare const APP_SHUTDOWN: number;
declare const ADDON_UNINSTALL: number;
declare const crypto: Crypto;
declare function fetch(address: string, options?: RequestInit): Promise<Response>;
declare function setTimeout(action: () => void, milliseconds: number): number;
declare function clearTimeout(timer: number): void;
/** There only where preferences-window.js runs. */
declare const document: Document;
declare function pref(name: string, value: string | number | boolean): void;

declare namespace Zotero {
  const Prompt: { confirm(options: object): number };
  const Profile: { dir: string };
  /** The plugin's own: what its pane calls. */
  let Syncd: { preferencesLoaded: (document: Document) => Promise<void> } | undefined;
}
