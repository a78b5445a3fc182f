import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readProgramVersion } from "./program-version.js";

const folder = mkdtempSync(join(tmpdir(), "version-"));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "package.json"), '{ "version": "1.2.3" }');
writeFileSync(join(folder, "main.js"), "");

test("finds the version of a program's package", () => {
  assert.equal(readProgramVersion(join(folder, "main.js")), "1.2.3");
});

test("follows a symbolic link to the program", () => {
  const link = join(tmpdir(), `version-link-${process.pid}`);
  symlinkSync(join(folder, "main.js"), link);
  after(() => rmSync(link));
  assert.equal(readProgramVersion(link), "1.2.3");
});

test("finds the version of a program that is run without its file extension", () => {
  assert.equal(readProgramVersion(join(folder, "main")), "1.2.3");
});
