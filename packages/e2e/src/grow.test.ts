import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Method, ServiceClient } from "@hello/grpc-client";
import type { BoundService } from "@hello/grpc-server";
import { startTestServer } from "@hello/grpc-server/testing";
import { npm } from "@hello/testing/package-managers";
import { start } from "@hello/testing/program";
import { buf } from "./buf.js";
import { serving } from "./server-process.js";
import { createProgramFolder, snippets } from "./snippets.js";
import { messagesCode, serviceCode } from "./stand-in-code.js";
import { packTarballs, succeed } from "./tarballs.js";
import { tsc } from "./tsc.js";

const root = new URL("../../../", import.meta.url);
const page = new URL("docs/grow.md", root);
const text = readFileSync(page, "utf8");
const environment = { NODE_TEST_CONTEXT: undefined };

/** Files of the project on the page: the code blocks with a path. */
const files = Object.fromEntries(
  [...text.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)].map(([, path = "", content = ""]) => [path, content]),
);
const contract = files["protos/clock.proto"] ?? "";

/** Output of grpc-tools for the contract on the page, instead of `npm run generate`, which downloads a compiler. */
const fixture = fileURLToPath(new URL("../fixtures/clock/", import.meta.url));

test("builds, tests and calls the project of docs/grow.md with the committed output of grpc-tools", async () => {
  assert.equal(contract, readFileSync(join(fixture, "clock.proto"), "utf8"));
  const [, packages = ""] = /^npm install \S+\.tgz (.+)$/m.exec(text) ?? [];
  const [, nodeTypes = ""] = /^npm install --save-dev .*(@types\/node\S+)/m.exec(text) ?? [];
  using tarballs = await packTarballs(["grpc-common", "grpc-server", "grpc-client"]);
  const project = await tarballs.createProject(
    files,
    ["grpc-common", "grpc-server", "grpc-client"],
    "--ignore-scripts",
    ...packages.split(" "),
    nodeTypes,
  );
  for (const name of ["clock_pb.js", "clock_pb.d.ts", "clock_grpc_pb.js", "clock_grpc_pb.d.ts"]) {
    cpSync(join(fixture, name), join(project, "gen", name));
  }
  cpSync(join(fixture, "clock.binpb"), join(project, "gen/descriptors.binpb"));

  await succeed([process.execPath, tsc], project);
  await succeed([...npm, "test"], project, environment);
  await using server = await serving(
    start([process.execPath, "dist/main.js", "--address", "127.0.0.1:0"], { cwd: project }),
  );
  const [, curl = ""] = /^npx -y @bufbuild\/buf (curl .+)$/m.exec(text) ?? [];
  const args = curl.replace("localhost:50051", server.address).replaceAll("'", "").split(" ");
  assert.match(JSON.parse(await succeed([process.execPath, buf, ...args], project)).value, /^\d\d:\d\d$/);
});

/** Creates a folder with changed contracts, the released contract and the rules of packages/proto. */
function createChangedContracts(protos: Readonly<Record<string, string>>): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "grow-"));
  cpSync(join(fixture, "clock.binpb"), join(folder, "released.binpb"));
  cpSync(new URL("packages/proto/buf.yaml", root), join(folder, "buf.yaml"));
  for (const [path, content] of Object.entries(protos)) {
    mkdirSync(dirname(join(folder, "protos", path)), { recursive: true });
    writeFileSync(join(folder, "protos", path), content);
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

function checkContracts(folder: string): string {
  const checker = fileURLToPath(new URL("packages/tooling/src/check-contracts.ts", root));
  const tsx = import.meta.resolve("tsx");
  return spawnSync(process.execPath, [`--import=${tsx}`, checker], { cwd: folder, encoding: "utf8" }).stderr;
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
