import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome } from "@hello/testing/program";
import { runCheck } from "../test/run-check.js";

/** Runs the check in a repository with files in the folder packages. */
function check(files: Readonly<Record<string, string>>): Promise<Outcome> {
  const entries = Object.entries(files).map(([file, content]) => [`packages/${file}`, content]);
  return runCheck("check-boundaries.ts", Object.fromEntries(entries));
}

test("accepts the imports that the rules allow", async () => {
  const outcome = await check({
    "server/src/main.ts":
      'import { HelloService } from "@hello/proto";\nimport { runServer } from "@hello/grpc-server";\n',
    "server/src/server.test.ts": 'import { HelloClient } from "@hello/client";\n',
    "grpc-server/src/calls/call.ts": 'import { x } from "@hello/grpc-common";\nimport { y } from "../server.js";\n',
    "grpc-server/src/calls/call.test.ts": 'import { start } from "@hello/testing/program";\n',
    "grpc-server/package.json": '{ "name": "@hello/grpc-server" }',
    "grpc-common/gen/a_pb.js": "// hello",
    "e2e/src/demo.ts": 'import { HelloClient } from "@hello/client";\n',
    "clock/src/index.ts": 'import { ServiceClient } from "@hello/grpc-client";\n',
  });
  assert.deepEqual(outcome, { status: 0, stdout: "", stderr: "" });
});

const mentions: Readonly<Record<string, string>> = {
  "grpc-server/src/a.ts": 'import { a } from "@hello/grpc-server";\n\nconst prefix = "HELLO";',
  "grpc-server/src/a.test.ts": "test()\n\nthe(HelloService);",
  "grpc-client/test/a.ts": "\n\n// says hello",
  "grpc-common/protos/a/b.proto": "\n\nservice Hello {}",
  "grpc-common/README.md": "\n\nUsed by @hello/server.",
  "grpc-common/package.json": '{\n\n"description": "Parts of Hello"}',
};
for (const [file, content] of Object.entries(mentions)) {
  test(`names the line of ${file} that mentions hello`, async () => {
    const { status, stderr } = await check({ [file]: content });
    assert.equal(status, 1);
    assert.ok(stderr.startsWith(`packages/${file}:3: a grpc-* package must not mention "hello": `), stderr);
    assert.equal(stderr.split("\n").length, 2);
  });
}

const imports: readonly (readonly [string, string, string])[] = [
  ["grpc-server", 'import { HelloService } from "@hello/proto";', "proto"],
  ["grpc-server", 'export type { A } from "@hello/grpc-client";', "grpc-client"],
  ["grpc-client", 'const server = await import("@hello/server");', "server"],
  ["grpc-common", 'const client = require("@hello/client");', "client"],
  ["grpc-common", 'import { a } from "../../grpc-server/src/a.js";', "grpc-server"],
  ["proto", 'import "@hello/grpc-common";', "grpc-common"],
  ["server", '} from "@hello/testing/program";', "testing"],
  ["client", 'import { a } from "@hello/server";', "server"],
];
for (const [name, line, imported] of imports) {
  test(`names the line of ${name} that imports ${imported}: ${line}`, async () => {
    const { status, stderr } = await check({ [`${name}/src/a.ts`]: `\n${line}\n` });
    assert.equal(status, 1);
    const problem = `packages/${name}/src/a.ts:2: packages/${name} must not import packages/${imported}: ${line}\n`;
    assert.ok(stderr.includes(problem), stderr);
  });
}

test("names a circle of folders, and the lines that import", async () => {
  const { status, stderr } = await check({
    "clock/src/calls/call.ts": '\nimport type { Limits } from "../limits.js";\n',
    "clock/src/limits.ts": 'import { check } from "./http2/check.js";\n',
    "clock/src/http2/check.ts": 'import type { Call } from "../calls/call.js";\n',
    "clock/src/http2/check.test.ts": 'import "../main.js";\n',
    "clock/src/main.ts": 'import "./http2/check.js";\n',
  });
  assert.equal(status, 1);
  assert.equal(
    stderr,
    "packages/clock/src: folders import each other: calls, limits, http2, calls: " +
      "packages/clock/src/calls/call.ts:2, packages/clock/src/limits.ts:1, packages/clock/src/http2/check.ts:1\n",
  );
});
