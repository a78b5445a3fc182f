/** Checks docs/grow.md. packages.test.ts builds and runs the project on the page. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Method, ServiceClient } from "@hello/grpc-client";
import type { BoundService } from "@hello/grpc-server";
import { startTestServer } from "@hello/grpc-server/testing";
import { createProgramFolder, snippets } from "../snippets.js";
import { messagesCode, serviceCode } from "../stand-in-code.js";

const root = new URL("../../../../", import.meta.url);
const page = new URL("docs/grow.md", root);
const [contract = ""] = snippets(page, "proto protos/clock.proto");

/** Creates a folder with changed contracts, the released contract and the rules of packages/proto. */
function createChangedContracts(protos: Readonly<Record<string, string>>): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "grow-"));
  cpSync(new URL("../../fixtures/clock/clock.binpb", import.meta.url), join(folder, "released.binpb"));
  cpSync(new URL("packages/proto/buf.yaml", root), join(folder, "buf.yaml"));
  for (const [path, content] of Object.entries(protos)) {
    mkdirSync(dirname(join(folder, "protos", path)), { recursive: true });
    writeFileSync(join(folder, "protos", path), content);
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

function checkContracts(folder: string): string {
  const checker = fileURLToPath(new URL("packages/tooling/src/check-contracts.ts", root));
  const args = ["-r", createRequire(import.meta.url).resolve("tsx/cjs"), checker];
  return spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" }).stderr;
}

test("rejects the renamed field of docs/grow.md with the message on the page", () => {
  const [message = ""] = snippets(page, "text").filter((block) => block.includes("incompatible"));
  using changed = createChangedContracts({ "clock.proto": contract.replace("string value", "string time_zone") });
  const problems = checkContracts(changed.folder);
  assert.ok(message !== "" && problems.includes(message), problems);
});

test("accepts the second version of docs/grow.md beside the first", () => {
  const [second = ""] = snippets(page, "proto");
  assert.match(second, /^package clock\.v2;$/m);
  using changed = createChangedContracts({ "clock.proto": contract, "clock/v2/clock.proto": second });
  assert.match(checkContracts(changed.folder), /^gen\/descriptors\.binpb does not match protos\/\. .+\n$/);
});

/** Messages of both versions, with the methods that the test needs. */
interface ClockMessage {
  setValue(value: string): ClockMessage;
  getValue(): string;
  setTimeZone(timeZone: string): ClockMessage;
  getTime(): string;
}

/** Generated code of one version. */
interface ClockVersion {
  readonly ClockService: { readonly tell: Method<ClockMessage, ClockMessage> };
  readonly TellRequest: new () => ClockMessage;
}

class ClockClient extends ServiceClient {
  tell({ ClockService }: ClockVersion, request: ClockMessage): Promise<ClockMessage> {
    return this.unary(ClockService.tell, request);
  }
}

test("serves both versions of docs/grow.md from one process", async () => {
  const [second = ""] = snippets(page, "proto");
  const [services = ""] = snippets(page, "js");
  const folder = createProgramFolder();
  const write = (path: string, content: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  try {
    for (const [version, proto] of Object.entries({ v1: contract, v2: second })) {
      write(`gen/${version}/package.json`, '{ "type": "commonjs" }');
      write(`gen/${version}/clock_pb.js`, messagesCode("clock", proto));
      write(`gen/${version}/clock_grpc_pb.js`, serviceCode("clock", proto));
      write(
        `clock-${version}.js`,
        `import services from "./gen/${version}/clock_grpc_pb.js";
import messages from "./gen/${version}/clock_pb.js";
export const { ClockService } = services;
export const { TellRequest, TellResponse } = messages;
`,
      );
    }
    write("proto.js", 'export * as clockV1 from "./clock-v1.js";\nexport * as clockV2 from "./clock-v2.js";\n');
    write("clock.js", 'export const timeIn = (timeZone) => "20:00 in " + timeZone;\n');
    write("services.js", services.replace(/"@[^/]+\/proto"/, '"./proto.js"'));

    const load = (path: string) => import(pathToFileURL(join(folder, path)).href);
    const { clockV1, clockV2 }: { clockV1: ClockVersion; clockV2: ClockVersion } = await load("proto.js");
    const program: { services: BoundService[] } = await load("services.js");
    await using server = await startTestServer(program);
    await using client = new ClockClient(server.target);
    const first = await client.tell(clockV1, new clockV1.TellRequest().setValue("Asia/Taipei"));
    assert.equal(first.getValue(), "20:00 in Asia/Taipei");
    const next = await client.tell(clockV2, new clockV2.TellRequest().setTimeZone("Asia/Taipei"));
    assert.equal(next.getTime(), "20:00 in Asia/Taipei");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
