/** Runs each generator in the same copy of the repository, with the stand-in for the compiler. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { Client } from "@grpc/grpc-js";
import { ServiceClient } from "@hello/grpc-client";
import { pnpm } from "@hello/testing/package-managers";
import { type Outcome, start } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { copyEnv, RepositoryCopy, root } from "./repository-copy.js";
import { serving } from "./server-process.js";
import { snippets } from "./snippets.js";
import { installStandIn } from "./stand-in-compiler.js";

const fixtures = new URL("../fixtures/clock/", import.meta.url);
const script = requires("script");
const git = requires("git");
const skipRename = process.platform === "win32" ? "the commands are for a POSIX shell" : git.skip;

/** Packages that the generators change or add. */
const packages = ["proto", "server", "client", "tea-timer-server", "tea-timer-client"];
const filters = packages.map((name) => `--filter=${name}`);

let copy: RepositoryCopy;

before(async () => {
  copy = await RepositoryCopy.create();
  await installStandIn(copy.folder);
});
after(() => copy[Symbol.dispose]());

/** Runs `pnpm gen`, without a terminal. */
function gen(...args: string[]): Promise<Outcome> {
  return copy.run([process.execPath, "-r", "tsx/cjs", "packages/tooling/src/gen.ts", ...args]);
}

/** Runs `pnpm gen`, which must succeed. Returns the files that it lists. */
async function generate(...args: string[]): Promise<{ added: string[]; edited: string[]; stdout: string }> {
  const { status, stdout, stderr } = await gen(...args);
  assert.equal(status, 0, stdout + stderr);
  const filesThatWere = (verb: string) =>
    [...stdout.matchAll(new RegExp(`^${verb} (\\S+)$`, "gm"))].map(([, file = ""]) => file);
  return { added: filesThatWere("added"), edited: filesThatWere("edited"), stdout };
}

/** Counts the lines of code that people maintain, without blank lines. */
function countCode(files: readonly string[]): number {
  return files
    .filter((file) => /\.(ts|proto)$/.test(file) && !file.endsWith(".test.ts"))
    .flatMap((file) => copy.read(file).split("\n"))
    .filter((line) => line.trim() !== "").length;
}

/** Counts the lines of a file that differ from those in this repository. */
function countChangedLines(file: string): number {
  const before = readFileSync(join(root, file), "utf8").split("\n");
  return copy
    .read(file)
    .split("\n")
    .filter((line) => !before.includes(line)).length;
}

/** Runs a program against a server in the copy. The program can import the dependencies of the client package. */
async function callServer(serverPackage: string, clientPackage: string, program: string): Promise<string> {
  const main = join(copy.folder, "packages", serverPackage, "dist/main.js");
  await using server = await serving(start([process.execPath, main, "--address", "127.0.0.1:0"]));
  const file = join(copy.folder, "packages", clientPackage, "program.mjs");
  writeFileSync(file, program.replaceAll("ADDRESS", JSON.stringify(server.address)));
  try {
    return await copy.succeed([process.execPath, file]);
  } finally {
    rmSync(file);
  }
}

test("rejects an RPC that would replace a method of clients or stubs", async () => {
  const rpcs = [ServiceClient, Client]
    .flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype))
    .map((method) => method.charAt(0).toUpperCase() + method.slice(1));
  const program = `
    const { findRpcNameProblem } = require("./packages/tooling/src/generators/names.ts");
    console.log(JSON.stringify(${JSON.stringify(rpcs)}.map((rpc) => findRpcNameProblem(rpc) ?? "no problem")));`;
  const problems: string[] = JSON.parse(await copy.succeed([process.execPath, "-r", "tsx/cjs", "-e", program]));
  assert.equal(problems.length, rpcs.length);
  for (const [index, problem] of problems.entries()) {
    assert.match(problem, /every client already has a method/, rpcs[index]);
  }
});

const mistakes: readonly (readonly [string, RegExp])[] = [
  ["service", /^missing <Service>: pnpm gen service <Service> <Rpc>/],
  ["service Clock Hello", /^packages\/proto\/protos\/hello\.proto already has a message HelloRequest: /],
  ["service Clock Tell --nope", /^Unknown option '--nope'$/],
  ["nope", /^unknown generator "nope": choose service, rpc, rename$/],
];
test("rejects invalid arguments with one line and status 2, and writes nothing", async () => {
  for (const [args, message] of mistakes) {
    const { status, stdout, stderr } = await gen(...args.split(" "));
    assert.equal(status, 2, args);
    assert.equal(stdout, "");
    assert.match(stderr, /^gen: [^\n]+\n$/);
    assert.match(stderr.slice("gen: ".length, -1), message);
  }
  assert.ok(!existsSync(join(copy.folder, "packages/proto/protos/clock.proto")));
});

test("writes nothing if a file of the new service exists", async () => {
  const file = join(copy.folder, "packages/client/src/clock-client.ts");
  writeFileSync(file, "// mine\n");
  const { status, stderr } = await gen("service", "Clock", "Tell");
  assert.equal(status, 2);
  assert.equal(stderr, "gen: packages/client/src/clock-client.ts already exists\n");
  assert.equal(readFileSync(file, "utf8"), "// mine\n");
  assert.ok(!existsSync(join(copy.folder, "packages/proto/protos/clock.proto")));
  rmSync(file);
});

test("adds a service to the Hello server with at most three edits and fewer than 60 lines", async () => {
  const { added, edited, stdout } = await generate("service", "Clock", "Tell");
  assert.deepEqual(edited.toSorted(), [
    "packages/client/src/index.ts",
    "packages/proto/src/index.ts",
    "packages/server/src/services.ts",
  ]);
  assert.equal(copy.read("packages/proto/protos/clock.proto"), readFileSync(new URL("clock.proto", fixtures), "utf8"));
  const changed = edited.map((file) => countChangedLines(file));
  const lines = countCode(added) + changed.reduce((sum, count) => sum + count, 0);
  assert.ok(lines < 60, `${lines} lines`);
  assert.match(
    stdout,
    /^Next:\n {2}pnpm generate .*\n {2}pnpm build\n {2}pnpm --filter proto --filter client api .*\n/m,
  );

  const again = await gen("service", "Clock", "Tell");
  assert.equal(again.status, 2);
  assert.match(again.stderr, /^gen: .* already\b.*\n$/);
});

test("adds an RPC of each kind and edits only the files of its service", async () => {
  for (const [rpc, kind] of [
    ["Ring", "--server-stream"],
    ["Collect", "--client-stream"],
    ["Chat", "--bidi"],
  ] as const) {
    const { added, edited } = await generate("rpc", "Clock", rpc, kind);
    assert.deepEqual(added, []);
    assert.ok(edited.every((file) => basename(file).startsWith("clock")));
  }
  assert.equal((await gen("rpc", "Clock", "Ring")).status, 2);
});

test("asks for missing arguments on a terminal, and again after an invalid answer", {
  skip: script.skip,
  timeout: 120_000,
}, async (t) => {
  // Wide enough that no message is broken into lines.
  const command = `stty cols 200 && "${process.execPath}" -r tsx/cjs packages/tooling/src/gen.ts rpc Clock`;
  const child = start([script.program, "-qec", command, "/dev/null"], {
    cwd: copy.folder,
    env: { ...copyEnv, SHELL: "/bin/sh", TERM: "xterm" },
  });
  t.after(() => child.kill());
  let shown = "";
  const steps: [RegExp, string][] = [
    [/Name of the RPC/, "ask\r"],
    [/like Ask/, "\u0015Ask\r"],
    [/Kind of the RPC/, "\r"],
  ];
  for await (const text of child.stdout.setEncoding("utf8")) {
    shown += text;
    const [question, answer] = steps[0] ?? [];
    if (question?.test(shown)) {
      child.stdin.write(answer);
      shown = "";
      steps.shift();
    }
  }
  assert.deepEqual(steps, [], shown);
  assert.match(copy.read("packages/client/src/clock-client.ts"), /async ask\(value: string/);
});

test("adds a service in separate packages with one edit and fewer than 60 lines", async () => {
  const { added, edited } = await generate("service", "TeaTimer", "Report", "--own");
  assert.deepEqual(edited, ["packages/proto/src/index.ts"]);
  const lines = countCode(added) + 1;
  assert.ok(lines < 60, `${lines} lines`);
});

test("generates the code of both services", async () => {
  await copy.succeed([...pnpm, "install", "--prefer-offline"]);
  await copy.succeed([...pnpm, "--filter=proto", "generate"]);
  await copy.succeed([...pnpm, "--filter=proto", "exec", "node", "-r", "tsx/cjs", "../tooling/src/check-contracts.ts"]);
});

test("renames all packages by docs/install.md, which can then be published", { skip: skipRename }, async (t) => {
  const [rename = "", publish = ""] = snippets(new URL("../../../docs/install.md", import.meta.url), "sh").slice(-2);
  const before = copy.read("pnpm-lock.yaml");
  // The repository itself may have been renamed as in the docs.
  await copy.succeed(["sh", "-ec", `${rename.trim().replace("@acme", "@other-scope")} --name OtherName`]);
  assert.equal(copy.read("pnpm-lock.yaml"), before.replaceAll("@hello/", "@other-scope/"));
  const oldNames = "@hello/|hello-server|hello-client|HelloClientOptions|createHelloServer|HELLO_ADDRESS";
  const found = await copy.run([git.program, "grep", "--no-index", "--exclude-standard", "-lE", oldNames]);
  assert.equal(found.stdout, "");
  assert.equal(found.status, 1);

  const registry = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
  t.after(() => registry.close());
  await once(registry, "listening");
  const { port } = registry.address() as AddressInfo;
  const commands = publish.replace("https://npm.acme.example", `http://127.0.0.1:${port} --dry-run`);
  assert.notEqual(commands, publish);
  await copy.succeed(["sh", "-ec", commands]);
});

test("checks and tests all services", async () => {
  await copy.succeed([...pnpm, "build"]);
  await copy.succeed([...pnpm, ...filters, "api"]);
  await copy.succeed([process.execPath, "node_modules/@biomejs/biome/bin/biome", "ci", "."]);
  await copy.succeed([process.execPath, "node_modules/knip/bin/knip.js"]);
  const prose = ["check-prose", ...packages.map((name) => `packages/${name}`)];
  for (const [check = "", ...args] of [["check-boundaries"], ["check-messages"], prose]) {
    await copy.succeed([process.execPath, "-r", "tsx/cjs", `packages/tooling/src/${check}.ts`, ...args]);
  }
  await copy.succeed([...pnpm, ...filters, "exec", "tsc"]);
  // The shape of the other packages is unchanged.
  await copy.succeed([...pnpm, "--filter=tea-timer-server", "check"]);
  await copy.succeed([...pnpm, ...filters, "test"]);
});

test("calls all services over sockets", { skip: skipRename }, async () => {
  const joined = `
    import { ClockClient, OtherNameClient } from "./dist/index.js";
    const clock = new ClockClient(ADDRESS);
    const other = new OtherNameClient(ADDRESS);
    console.log(await clock.tell("noon"), await other.hello("World"), await clock.checkHealth("clock.v1.Clock"));
    for await (const value of clock.chat(["one", "two"])) console.log(value);
    clock.close();
    other.close();`;
  assert.equal(await callServer("server", "client", joined), "noon Hello World SERVING\none\ntwo\n");
  const own = `
    import { TeaTimerClient } from "./dist/index.js";
    const client = new TeaTimerClient(ADDRESS);
    console.log(await client.report("ready"), await client.checkHealth("tea_timer.v1.TeaTimer"));
    client.close();`;
  assert.equal(await callServer("tea-timer-server", "tea-timer-client", own), "ready SERVING\n");
  assert.equal(await copy.succeed([...pnpm, "demo"]), "Hello World\n");
});
