/** Runs `pnpm gen` in a copy of the repository, with the stand-in for the compiler. */
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Client } from "@grpc/grpc-js";
import { ServiceClient } from "@hello/grpc-client";
import { pnpm } from "@hello/testing/package-managers";
import { type Outcome, run, start } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { serving } from "./server-process.js";
import { snippets } from "./snippets.js";
import { installStandIn } from "./stand-in-compiler.js";

const require = createRequire(import.meta.url);
const { findRpcNameProblem } = require("../../tooling/src/generators/names.ts") as {
  findRpcNameProblem(name: string): string | undefined;
};
const root = fileURLToPath(new URL("../../../", import.meta.url));
const fixtures = new URL("../fixtures/clock/", import.meta.url);
const script = requires("script");
const tsx = pathToFileURL(require.resolve("tsx")).href;
const env = {
  CI: undefined,
  NO_COLOR: "1",
  NODE_TEST_CONTEXT: undefined,
  // Reuse what is already built in this repository.
  TURBO_CACHE_DIR: join(root, ".turbo/cache"),
  // The script "test" then skips the build.
  TURBO_HASH: "copy",
  pnpm_config_verify_deps_before_run: undefined,
};
let copy: string;

before(async () => {
  copy = mkdtempSync(join(tmpdir(), "hello-generators-"));
  const made =
    /^(node_modules|\.turbo|\.git|dist\.\d+|gen\.tmp|test-report\.xml|__pycache__|\.snippet-.*|\.first-change-.*)$/;
  cpSync(root, copy, { recursive: true, filter: (path) => !made.test(basename(path)) });
  await succeed([...pnpm, "install", "--prefer-offline"]);
  installStandIn(copy);
});
after(() => rmSync(copy, { recursive: true }));

/** Runs `pnpm gen`, without a terminal. */
function gen(...args: string[]): Promise<Outcome> {
  return run([process.execPath, `--import=${tsx}`, "packages/tooling/src/gen.ts", ...args], { cwd: copy, env });
}

/** Runs `pnpm gen`, which must succeed. Returns the files that it lists. */
async function generate(...args: string[]): Promise<{ added: string[]; edited: string[]; stdout: string }> {
  const { status, stdout, stderr } = await gen(...args);
  assert.equal(status, 0, stdout + stderr);
  const filesThatWere = (verb: string) =>
    [...stdout.matchAll(new RegExp(`^${verb} (\\S+)$`, "gm"))].map(([, file = ""]) => file);
  return { added: filesThatWere("added"), edited: filesThatWere("edited"), stdout };
}

async function succeed(command: readonly [string, ...string[]]): Promise<string> {
  const { status, stdout, stderr } = await run(command, { cwd: copy, env });
  assert.equal(status, 0, `${command.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

function read(file: string): string {
  return readFileSync(join(copy, file), "utf8");
}

/** Counts the lines of code that people maintain, without blank lines. */
function countCode(files: readonly string[]): number {
  return files
    .filter((file) => /\.(ts|proto)$/.test(file) && !file.endsWith(".test.ts"))
    .flatMap((file) => read(file).split("\n"))
    .filter((line) => line.trim() !== "").length;
}

/** Counts the lines of a file that differ from those in this repository. */
function countChangedLines(file: string): number {
  const before = readFileSync(join(root, file), "utf8").split("\n");
  return read(file)
    .split("\n")
    .filter((line) => !before.includes(line)).length;
}

/** Runs the parts of `pnpm check` that cover the whole repository, and checks the types of packages. */
async function check(...filters: string[]): Promise<void> {
  await succeed([process.execPath, "node_modules/@biomejs/biome/bin/biome", "ci", "."]);
  await succeed([process.execPath, "node_modules/knip/bin/knip.js"]);
  for (const name of ["check-boundaries", "check-prose", "check-messages"]) {
    await succeed([process.execPath, `--import=${tsx}`, `packages/tooling/src/${name}.ts`]);
  }
  await succeed([...pnpm, ...filters, "exec", "tsc"]);
}

/** Runs a program against a server in the copy. The program can import the dependencies of the client package. */
async function callServer(serverPackage: string, clientPackage: string, program: string): Promise<string> {
  const main = join(copy, "packages", serverPackage, "dist/main.js");
  await using server = await serving(start([process.execPath, main, "--address", "127.0.0.1:0"]));
  const file = join(copy, "packages", clientPackage, "program.mts");
  writeFileSync(file, program.replaceAll("ADDRESS", JSON.stringify(server.address)));
  try {
    return await succeed([process.execPath, `--import=${tsx}`, file]);
  } finally {
    rmSync(file);
  }
}

test("rejects an RPC that would replace a method of clients or stubs", () => {
  for (const { prototype } of [ServiceClient, Client]) {
    for (const method of Object.getOwnPropertyNames(prototype)) {
      const rpc = method.charAt(0).toUpperCase() + method.slice(1);
      assert.match(findRpcNameProblem(rpc) ?? "", /every client already has a method/, rpc);
    }
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
  assert.ok(!existsSync(join(copy, "packages/proto/protos/clock.proto")));
});

test("writes nothing if a file of the new service exists", async () => {
  const file = join(copy, "packages/client/src/clock-client.ts");
  writeFileSync(file, "// mine\n");
  const { status, stderr } = await gen("service", "Clock", "Tell");
  assert.equal(status, 2);
  assert.equal(stderr, "gen: packages/client/src/clock-client.ts already exists\n");
  assert.equal(readFileSync(file, "utf8"), "// mine\n");
  assert.ok(!existsSync(join(copy, "packages/proto/protos/clock.proto")));
  rmSync(file);
});

test("adds a service to the Hello server with at most three edits and fewer than 60 lines", async () => {
  const { added, edited, stdout } = await generate("service", "Clock", "Tell");
  assert.deepEqual(edited.toSorted(), [
    "packages/client/src/index.ts",
    "packages/proto/src/index.ts",
    "packages/server/src/services.ts",
  ]);
  assert.equal(read("packages/proto/protos/clock.proto"), readFileSync(new URL("clock.proto", fixtures), "utf8"));
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
  const command = `stty cols 200 && "${process.execPath}" "--import=${tsx}" packages/tooling/src/gen.ts rpc Clock`;
  const child = start([script.program, "-qec", command, "/dev/null"], {
    cwd: copy,
    env: { ...env, SHELL: "/bin/sh", TERM: "xterm" },
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
  assert.match(read("packages/client/src/clock-client.ts"), /async ask\(value: string/);
});

test("adds a service in separate packages with one edit and fewer than 60 lines", async () => {
  const { added, edited } = await generate("service", "TeaTimer", "Report", "--own");
  assert.deepEqual(edited, ["packages/proto/src/index.ts"]);
  const lines = countCode(added) + 1;
  assert.ok(lines < 60, `${lines} lines`);
});

test("builds, checks and tests both services", async () => {
  const packages = ["proto", "server", "client", "tea-timer-server", "tea-timer-client"];
  const filters = packages.map((name) => `--filter=${name}`);
  await succeed([...pnpm, "install", "--prefer-offline"]);
  await succeed([...pnpm, "--filter=proto", "generate"]);
  await succeed([...pnpm, ...filters, "api"]);
  await check(...filters);
  await succeed([...pnpm, "--filter=proto", "exec", "tsx", "../tooling/src/check-contracts.ts"]);
  // The shape of the other packages is unchanged.
  await succeed([...pnpm, "--filter=tea-timer-server", "check"]);
  await succeed([...pnpm, ...filters, "test"]);
});

test("calls both services over a socket, and Hello beside the first", async () => {
  const joined = `
    import { ClockClient, HelloClient } from "./dist/index.js";
    await using clock = new ClockClient(ADDRESS);
    await using hello = new HelloClient(ADDRESS);
    console.log(await clock.tell("noon"), await hello.hello("World"), await clock.checkHealth("clock.v1.Clock"));
    for await (const value of clock.chat(["one", "two"])) console.log(value);`;
  assert.equal(await callServer("server", "client", joined), "noon Hello World SERVING\none\ntwo\n");
  const own = `
    import { TeaTimerClient } from "./dist/index.js";
    await using client = new TeaTimerClient(ADDRESS);
    console.log(await client.report("ready"), await client.checkHealth("tea_timer.v1.TeaTimer"));`;
  assert.equal(await callServer("tea-timer-server", "tea-timer-client", own), "ready SERVING\n");
});

const git = requires("git");
test("builds, checks, tests and publishes packages with another scope and name", {
  skip: git.skip,
}, async () => {
  const [rename = "", publish = ""] = snippets(new URL("../../../docs/install.md", import.meta.url), "sh").slice(-2);
  const before = read("pnpm-lock.yaml");
  // The repository itself may have been renamed as in the docs.
  await runShell(`${rename.trim().replace("@acme", "@other-scope")} --name OtherName`);
  assert.equal(read("pnpm-lock.yaml"), before.replaceAll("@hello/", "@other-scope/"));
  const oldNames = "@hello/|hello-server|hello-client|HelloClientOptions|createHelloServer|HELLO_ADDRESS";
  const search = [git.program, "grep", "--no-index", "--exclude-standard", "-lE", oldNames] as const;
  const found = await run(search, { cwd: copy, env });
  assert.equal(found.stdout, "");
  assert.equal(found.status, 1);

  // The commands build first, so the scripts that build before a publish are not needed.
  await runShell(publish.replace("--no-git-checks", "--no-git-checks --dry-run --ignore-scripts"));
  const filters = ["--filter=proto", "--filter=server", "--filter=client"];
  await check(...filters);
  await succeed([...pnpm, ...filters, "test"]);
  if (process.platform === "linux") {
    await runShell("pnpm --filter e2e messages");
    await succeed([...pnpm, "--filter=e2e", "test", "docs.test"]);
  }
  assert.equal(await runShell("pnpm demo"), "Hello World\n");
});

/** Runs commands of the docs in the copy. */
function runShell(commands: string): Promise<string> {
  return succeed(["sh", "-ec", commands]);
}
