import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { optionMarkdown } from "@hello/grpc-common";
import { run } from "@hello/testing/program";
import { clientOptionTable } from "../../grpc-client/src/channel/client-options.js";
import { serverMain } from "./server-process.js";
import { snippets } from "./snippets.js";

const docs = new URL("../../../docs/", import.meta.url);

test("docs/server.md contains the options as printed by --help", async () => {
  const { stdout } = await run([process.execPath, serverMain, "--help"]);
  const [options] = snippets(new URL("server.md", docs), "text");
  assert.equal(options, stdout);
});

test("docs/client.md contains the table of the client's options", () => {
  // The formatter pads the columns.
  const page = readFileSync(new URL("client.md", docs), "utf8").replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---");
  const table = optionMarkdown(clientOptionTable, "HELLO").replaceAll(/ {2,}/g, " ");
  assert.ok(page.includes(table), table);
});

test("--help fits into a terminal of 80 columns", async () => {
  const { stdout } = await run([process.execPath, serverMain, "--help"]);
  for (const line of stdout.split("\n")) {
    assert.ok(line.length <= 80, line);
  }
});

test("links between the documents lead to existing files", () => {
  const guides = readdirSync(docs).map((page) => `docs/${page}`);
  const pages = ["README.md", "CONTRIBUTING.md", ...guides].map((page) => new URL(`../${page}`, docs));
  for (const page of pages) {
    for (const [, link = ""] of readFileSync(page, "utf8").matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(existsSync(new URL(link, page)), `${page.pathname} links to ${link}`);
    }
  }
});

test("docs/limits.md lists exactly the limits of --help, with their defaults", async () => {
  const { stdout } = await run([process.execPath, serverMain, "--help"]);
  const lines = stdout.replaceAll(/\n {3,}/g, " ");
  const options = lines.matchAll(/^ {2}(--(?:max|handshake|keepalive)-\S+).* default (\d+)\)$/gm);
  const rows = readFileSync(new URL("limits.md", docs), "utf8").matchAll(/^\| `(--\S+)` +\| (\d+) +\|/gm);
  const sorted = (matches: Iterable<RegExpMatchArray>) =>
    Array.from(matches, ([, flag, value]) => `${flag} ${value}`).sort();
  assert.deepEqual(sorted(rows), sorted(options));
});

test("CONTRIBUTING.md lists names that the packages declare", () => {
  const [, table = ""] =
    /^## Naming\n.*?^(\|.*?)^$/ms.exec(readFileSync(new URL("../CONTRIBUTING.md", docs), "utf8")) ?? [];
  const names = [...table.matchAll(/`([^`]+)`/g)].flatMap(([, code = ""]) => code.match(/\w+/g) ?? []);
  const declarations = ["grpc-server", "grpc-client", "server", "client"]
    .map((name) => readFileSync(new URL(`../packages/${name}/api.md`, docs), "utf8"))
    .join("");
  assert.ok(names.length > 30);
  for (const name of names) {
    assert.match(declarations, new RegExp(`\\b${name}\\b`));
  }
});
