import assert from "node:assert/strict";
import { test } from "node:test";
import { runCheck } from "../test/run-check.js";

const products = ["grpc-common", "grpc-server", "grpc-client", "proto", "server", "client"];
const sources = Object.fromEntries(products.map((name) => [`packages/${name}/src/index.ts`, "export {};\n"]));

test("names the messages that docs/messages.md lacks", async () => {
  const { status, stderr } = await runCheck("check-messages.ts", {
    ...sources,
    "packages/server/src/main.ts": `logger.info("serving");\nthrow new Error(\`no clock at \${host}\`);\n`,
    "packages/server/src/main.test.ts": 'throw new Error("not a message of the product");\n',
    "docs/messages.md": "| `Error: no clock at home` |\n",
    "docs/server.md": "",
  });
  const [first] = stderr.split("\n");
  assert.equal(status, 1);
  assert.equal(first, 'packages/server/src/main.ts:1: docs/messages.md does not have the message "serving"');
  assert.ok(!stderr.includes("no clock"), stderr);
  assert.ok(!stderr.includes("not a message"), stderr);
});

test("names the messages that are listed as not triggered and are in no source", async () => {
  const { status, stderr } = await runCheck("check-messages.ts", {
    ...sources,
    "docs/messages.md": "## Not triggered\n\n| reason | message |\n| --- | --- |\n| storm | `the mast is broken` |\n",
    "docs/server.md": "",
  });
  assert.equal(status, 1);
  assert.match(stderr, /^no source has the message "the mast is broken"/m);
});
