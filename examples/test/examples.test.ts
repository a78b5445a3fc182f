import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compile } from "@hello/testing/compile";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";

const folder = fileURLToPath(new URL("../", import.meta.url));
const read = (file: string) => readFileSync(join(folder, file), "utf8");
const list = (path: string, extension: string) =>
  readdirSync(join(folder, path))
    .filter((file) => file.endsWith(extension))
    .map((file) => basename(file, extension))
    .sort();

const programs = list(".", ".ts");
const python = requires("python3-grpcio");

describe("prints the expected output and exits", { concurrency: 4 }, () => {
  const compiled = mkdtempSync(join(tmpdir(), "examples-"));
  before(() =>
    compile(
      programs.map((program) => join(folder, `${program}.ts`)),
      folder,
      compiled,
    ),
  );
  after(() => rmSync(compiled, { recursive: true }));

  for (const program of programs) {
    const skip = program === "python-client" && python.skip;
    test(program, { skip, timeout: 300_000 }, async ({ signal }) => {
      const { status, stdout, stderr } = await run([process.execPath, join(compiled, `${program}.mjs`)], { signal });
      assert.equal(status, 0, stderr);
      assert.equal(stdout, read(`expected/${program}.txt`));
    });
  }
});

test("has a script that starts a program", async () => {
  const { scripts } = JSON.parse(read("package.json")) as { readonly scripts: { readonly start: string } };
  const [, ...args] = scripts.start.split(" ");
  const { stdout } = await run([process.execPath, ...args, "metadata"], { cwd: folder });
  assert.equal(stdout, read("expected/metadata.txt"));
});

test("has expected output for each program, and for no others", () => {
  assert.deepEqual(list("expected", ".txt"), programs);
});

test("links to each program in README.md", () => {
  const links = [...read("README.md").matchAll(/^\| \[`(.+)`\]\((.+)\.ts\)/gm)];
  assert.deepEqual(links.map(([, , file]) => file).sort(), programs);
  for (const [, name, file] of links) {
    assert.equal(name, file);
  }
});

for (const program of programs) {
  test(`${program} documents how to run it`, () => {
    const [comment = ""] = read(`${program}.ts`).split("*/");
    assert.ok(comment.includes(` Run with \`pnpm --filter examples start ${program}\`.\n`), comment);
  });
}

test("has Python code that matches the contract", { skip: python.skip }, async () => {
  const descriptors = fileURLToPath(
    new URL("../gen/descriptors.binpb", pathToFileURL(createRequire(import.meta.url).resolve("@hello/testing/echo"))),
  );
  const env = { PYTHONPATH: join(folder, "python") };
  const { status, stderr } = await run([python.program, join(folder, "test/check_contract.py"), descriptors], { env });
  assert.equal(status, 0, stderr);
});
