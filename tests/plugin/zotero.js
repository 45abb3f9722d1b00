/** The plugin loaded into a small Zotero of its own, started, paired, and asked. */
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");
const { Asker, caller } = require("./caller.js");
const {
  FakeLocalization,
  makeComponents,
  makeFiles,
  makeModules,
  makeServices,
  makeZotero,
} = require("./client.js");
const { strict } = require("./objects.js");
const { makeRequests } = require("./requests.js");
const { World } = require("./world.js");

const SOURCE = path.join(__dirname, "..", "..", "src", "syncd", "plugin", "source");

const PING = "/syncd/v1/ping";
const PAIR = "/syncd/v1/pair";
/** The first file, and those that stay files of their own; see src/syncd/plugin/build.py. */
const APART = ["lifecycle.js", "prefs.js", "preferences-window.js"];

/** The plugin's files in the order in which they are put together; see src/syncd/plugin/build.py. */
function sources() {
  const names = (folder) =>
    fs
      .readdirSync(path.join(SOURCE, folder))
      .filter((name) => name.endsWith(".js") && !APART.includes(name))
      .sort()
      .map((name) => path.join(folder, name));
  return ["lifecycle.js", ...names(""), ...names("views")];
}

/** @param {string[]} files */
function together([first, ...rest]) {
  const read = (name) => fs.readFileSync(path.join(SOURCE, name), "utf8");
  return `"use strict";\n${read(first)}\n${rest.map((name) => `{\n${read(name)}\n}\n`).join("")}`;
}

/**
 * Load the plugin into a Zotero of its own, as the client would: one script, in a scope with little in it.
 *
 * @param {object} [options]
 * @param {string[]} [options.files] only these, such as ["lifecycle.js", "ledger.js"]; all without
 * @param {string} [options.script] the script as it was built; put together from the files without
 * @param {World} [options.world] go on with this one, as after a restart
 * @param {Record<string, any>} [options.globals] more for the scope
 * @param {(Zotero: any) => void} [options.declare] gets Zotero's members to add more to them
 */
function load({ files, script, world = new World(), globals = {}, declare = () => {} } = {}) {
  const Zotero = makeZotero(world);
  declare({
    Zotero,
    strict,
    add: (target, members) => Object.defineProperties(target, Object.getOwnPropertyDescriptors(members)),
  });
  class FakeDate extends Date {
    static now() {
      return world.time;
    }
  }
  const scope = vm.createContext({
    Zotero,
    Services: makeServices(world),
    Components: makeComponents(world),
    ...makeFiles(world),
    Localization: FakeLocalization,
    APP_SHUTDOWN: 2,
    ADDON_DISABLE: 4,
    ADDON_UNINSTALL: 6,
    ADDON_UPGRADE: 7,
    Date: FakeDate,
    crypto,
    XMLHttpRequest: makeRequests(world),
    ChromeUtils: makeModules(world),
    URL,
    URLSearchParams,
    TextEncoder,
    TextDecoder,
    Uint8Array,
    // No test waits for what the plugin does some time.
    setTimeout: (...words) => setTimeout(...words).unref(),
    clearTimeout,
    ...globals,
  });
  vm.runInContext(script ?? together(files ?? sources()), scope, { filename: "bootstrap.js" });
  return { scope, world, Zotero, Syncd: scope.Syncd };
}

/** Load and start the plugin. */
async function start(options = {}) {
  const loaded = load(options);
  const about = { id: "syncd@zotero", version: "0.1.0", rootURI: "file:///plugin/" };
  await loaded.scope.startup(about, 1);
  return { ...loaded, about };
}

/**
 * Ask one of the plugin's addresses, as Zotero's server would; one with a key means the Zotero that is there.
 *
 * @param {World} world
 * @param {string} method
 * @param {string} address
 * @param {{token?: string, headers?: Record<string, string>, data?: any}} [options] the token is the pairing's key
 * @returns {Promise<{status: number, answer: any}>}
 */
async function ask(world, method, address, { token, headers = {}, data = null } = {}) {
  const send = (more, sent) =>
    dispatch(world, method, address, { headers: { ...more, ...headers }, data: sent });
  if (!token) {
    return send({}, data);
  }
  const isPing = address === PING;
  const meant = "syncd-server" in headers || isPing ? {} : { "syncd-server": await serverOf(world, token) };
  const server = { ...meant, ...headers }["syncd-server"];
  const text = data === null ? "" : JSON.stringify(data);
  const { pathname, searchParams } = new URL(address, "http://127.0.0.1");
  const target = searchParams.size ? `${pathname}?${searchParams}` : pathname;
  const signer = caller(token);
  let found;
  for (const _ of ["in the session before", "in this one"]) {
    const signature = signer.sign(method, target, text, server);
    found = await send({ ...meant, "syncd-signature": signature }, data === null ? null : { signed: text });
    if (found.status !== 401 || !found.answer.session) {
      break;
    }
    signer.session = found.answer.session;
  }
  if (found.signature !== undefined && !signer.knows(found)) {
    throw new Error(`${method} ${address} has an answer with a wrong signature`);
  }
  return found;
}

async function serverOf(world, token) {
  return (await ask(world, "GET", PING, { token })).answer.server;
}

/**
 * Do what Zotero's server does with a request.
 *
 * @returns {Promise<{status: number, answer: any, text: string, signature?: string}>}
 */
async function dispatch(world, method, address, { headers = {}, data = null } = {}) {
  const [pathname, query = ""] = address.split("?");
  const Endpoint = world.endpoints[pathname];
  const endpoint = new Endpoint();
  if (!endpoint.supportedMethods.includes(method) || endpoint.init.length !== 1) {
    return { status: 400, answer: null };
  }
  const [status, told, text] = await endpoint.init({
    method,
    pathname,
    pathParams: {},
    searchParams: new URLSearchParams(query),
    headers: { host: "127.0.0.1:23119", ...headers },
    data,
  });
  return { status, answer: JSON.parse(text), text, signature: told["Syncd-Signature"] };
}

/**
 * Let a program ask for a pairing, and go on to where it ends.
 *
 * @param {World} world
 * @param {object} [sent] what it says of itself
 * @param {string} [control] where its daemon answers
 * @returns {Promise<{status: number, answer: any, key?: string, code?: string}>} the answer that came last
 */
async function pair(world, sent = { name: "syncd on here" }, control = undefined) {
  const asker = new Asker();
  const begun = await dispatch(world, "POST", `${PAIR}`, { data: { ...asker.first, ...sent } });
  if (begun.status !== 200) {
    return begun;
  }
  const { key, code } = asker.agree(begun.answer);
  const allowed = await dispatch(world, "POST", `${PAIR}/ask`, { data: asker.second });
  if (allowed.status !== 200) {
    return { ...allowed, code };
  }
  const kept = await ask(world, "POST", `${PAIR}/keep`, {
    token: key,
    headers: { "syncd-server": "" },
    data: { control },
  });
  return { ...kept, key, code };
}

/** Start a plugin and pair with it. */
async function paired(options = {}, control = undefined) {
  const started = await start(options);
  const { world } = started;
  world.clicks = () => 0;
  const { status, key } = await pair(world, undefined, control);
  if (status !== 200) {
    throw new Error(`pairing was answered ${status}`);
  }
  world.clicks = () => 1;
  return { ...started, token: key };
}

module.exports = { SOURCE, World, ask, dispatch, load, pair, paired, sources, start, strict };
