import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { formatOptionTable } from "@hello/grpc-common";
import { run } from "@hello/testing/program";
import { clientOptionTable } from "../../../grpc-client/src/channel/client-options.js";
import { serverMain } from "../server-process.js";
import { snippets } from "../snippets.js";

const docs = new URL("../../../../docs/", import.meta.url);

test("docs/server.md contains the options as printed by --help", async () => {
  const { stdout } = await run([process.execPath, serverMain, "--help"]);
  const [options] = snippets(new URL("server.md", docs), "text");
  assert.equal(options, stdout);
});

test("docs/client.md contains the table of the client's options", () => {
  // The formatter pads the columns.
  const page = readFileSync(new URL("client.md", docs), "utf8").replaceAll(/ {2,}/g, " ").replaceAll(/-{3,}/g, "---");
  const table = formatOptionTable(clientOptionTable, "HELLO").replaceAll(/ {2,}/g, " ");
  assert.ok(page.includes(table), table);
});

test("--help fits into a terminal of 80 columns", async () => {
  const { stdout } = await run([process.execPath, serverMain, "--help"]);
  for (const line of stdout.split("\n")) {
    assert.ok(line.length <= 80, line);
  }
});

test("links between the documents lead to existing files and headings", () => {
  const root = new URL("../", docs);
  const folders = [
    "",
    "docs/",
    "examples/",
    ...readdirSync(new URL("packages", root)).map((name) => `packages/${name}/`),
  ];
  const pages = folders.flatMap((folder) =>
    readdirSync(new URL(folder, root))
      .filter((file) => file.endsWith(".md") && file !== "api.md")
      .map((file) => folder + file),
  );
  assert.ok(pages.length > 20);
  for (const page of pages) {
    const url = new URL(page, root);
    for (const [, path = "", heading] of readFileSync(url, "utf8").matchAll(
      /\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g,
    )) {
      const target = path === "" ? url : new URL(path, url);
      assert.ok(existsSync(target), `${page} links to ${path}`);
      assert.ok(heading === undefined || anchorsOf(target).includes(heading), `${page} links to ${path}#${heading}`);
    }
  }
});

/** Returns the anchors that GitHub gives the headings of a page. */
function anchorsOf(page: URL): string[] {
  return Array.from(readFileSync(page, "utf8").matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

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
