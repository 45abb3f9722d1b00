/**
 * The tests' hand in Zotero: runs what a test sends, for whoever has the token that the test wrote into the profile.
 *
 * It may do everything, so it belongs into no Zotero but that of the tests.
 */
const PATH = "/hand/run";
const GLOBALS = ["URL", "fetch", "TextEncoder", "TextDecoder", "XMLHttpRequest"];

function install() {}

async function startup() {
  await Zotero.initializationPromise;
  const token = Services.prefs.getStringPref("extensions.hand.token");
  const { clearTimeout, setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");
  const { AddonManager } = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");

  /** Wait until something is true, and return it. */
  const until = async (what) => {
    for (let tries = 0; tries < 1_000; tries += 1) {
      const found = await what();
      if (found) {
        return found;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`it never came: ${what}`);
  };

  const run = ({ script, words }) => {
    const principal = Services.scriptSecurityManager.getSystemPrincipal();
    const sandbox = new Components.utils.Sandbox(principal, { wantGlobalProperties: GLOBALS });
    const window = Zotero.getMainWindow();
    const scope = { Zotero, Services, ChromeUtils, IOUtils, PathUtils, AddonManager };
    Object.assign(sandbox, scope, {
      window,
      pane: window?.ZoteroPane,
      until,
      setTimeout,
      clearTimeout,
      words,
    });
    sandbox.syncd = () => Components.utils.getGlobalForObject(Zotero.Syncd).Syncd;
    return Components.utils.evalInSandbox(`(async () => {${script}\n})()`, sandbox);
  };

  Zotero.Server.Endpoints[PATH] = class {
    supportedMethods = ["POST"];
    supportedDataTypes = ["application/json"];

    async init({ headers, data }) {
      if (headers["x-token"] !== token) {
        return [401, "application/json", "{}"];
      }
      try {
        return [200, "application/json", JSON.stringify({ value: (await run(data)) ?? null })];
      } catch (error) {
        return [200, "application/json", JSON.stringify({ error: `${error}\n${error?.stack ?? ""}` })];
      }
    }
  };
}

function shutdown() {
  delete Zotero.Server.Endpoints[PATH];
}

function uninstall() {}
