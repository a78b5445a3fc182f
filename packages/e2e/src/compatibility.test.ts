import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "@hello/testing/program";
import { clientMain } from "./client-program.js";
import { serverMain } from "./server-process.js";

/** Preloaded code that makes Node report an old version. */
const fakeVersion = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } });`;

for (const [name, main] of Object.entries({ "hello-client": clientMain, "hello-server": serverMain })) {
  test(`${name} reports the required version of Node in one line`, async () => {
    const command = [
      process.execPath,
      `--import=data:text/javascript,${encodeURIComponent(fakeVersion)}`,
      main,
    ] as const;
    const { status, stdout, stderr } = await run([...command, "--help"]);
    assert.equal(stderr, `${name}: requires Node 20.19 or later, but this is 18.20.8\n`);
    assert.equal(stdout, "");
    assert.equal(status, 1);
  });
}
