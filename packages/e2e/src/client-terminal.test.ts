import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, type TestContext, test } from "node:test";
import { run, start } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { clientMain } from "./client-program.js";
import { type ServerProcess, startServer } from "./server-process.js";

const script = requires("script");
const count = 5_000;
const clearLine = "\r\u001b[K";

// `script` runs the program in a pseudo-terminal and copies what the terminal shows to standard output.
describe("the client program in a terminal", { skip: script.skip }, () => {
  let server: ServerProcess;
  let folder: string;
  before(async () => {
    [server, folder] = await Promise.all([startServer(), mkdtemp(join(tmpdir(), "hello-terminal-"))]);
    const names = Array.from({ length: count }, (_, index) => `name ${index}\n`);
    await writeFile(join(folder, "names"), names.join(""));
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Builds the command that runs a shell command in a terminal, with the client program as $CLIENT. */
  const inTerminal = (shell: string) => [script.program, "-qec", shell, "/dev/null"] as const;
  const options = () => ({
    cwd: folder,
    env: {
      CLIENT: `"${process.execPath}" "${clientMain}"`,
      HELLO_TARGET: server.address,
      SHELL: "/bin/sh",
      TERM: "xterm",
    },
  });
  const startInTerminal = (t: TestContext, shell: string) => {
    const child = start(inTerminal(shell), options());
    t.after(() => child.kill("SIGKILL"));
    return child;
  };
  const client = (args: string) => `eval exec $CLIENT '${args}'`;

  test("shows the progress of a long run on one line, and clears it at the end", async () => {
    const { status, stdout: shown } = await run(inTerminal(client("- < names > greetings")), options());
    assert.equal(status, 0);
    assert.match(shown, /K[\d,]+ names, [\d,]+\/s/);
    assert.doesNotMatch(shown, /\n/);
    assert.ok(shown.endsWith(clearLine), JSON.stringify(shown.slice(-100)));
    const greetings = await readFile(join(folder, "greetings"), "utf8");
    assert.equal(greetings.split("\n").length, count + 1);
    assert.doesNotMatch(greetings, /[\r[%]/);
  });

  test("keeps the greetings intact when they share the terminal with the progress", async () => {
    const { status, stdout: shown } = await run(inTerminal(client("- < names")), options());
    assert.equal(status, 0);
    assert.match(shown, / names, /);
    // Only the text after the last clearing of a line stays visible.
    const visible = shown.split("\r\n").map((line) => line.split(clearLine).at(-1));
    assert.deepEqual(visible, [...Array.from({ length: count }, (_, index) => `Hello name ${index}`), ""]);
  });

  test("cuts the progress to the width of a narrow terminal", async () => {
    const { stdout: shown } = await run(inTerminal(`stty cols 20; ${client("- < names > greetings")}`), options());
    const drawn = shown.split(clearLine).filter((text) => text !== "");
    assert.ok(drawn.length > 0);
    assert.deepEqual(
      drawn.filter((text) => text.length > 19),
      [],
    );
  });

  test("shows no progress in a pipe, in a terminal that cannot clear a line, or in a short run", async () => {
    const shells = {
      "standard error in a pipe": client("- < names 2>&1 > greetings | cat"),
      "a terminal that cannot clear a line": `TERM=dumb ${client("- < names > greetings")}`,
      "a short run": client("Ada > greetings"),
    };
    for (const [where, shell] of Object.entries(shells)) {
      const { status, stdout } = await run(inTerminal(shell), options());
      assert.deepEqual({ where, status, stdout }, { where, status: 0, stdout: "" });
    }
  });

  test("ends by SIGINT at once after Ctrl-C, and clears the progress", async (t) => {
    const child = startInTerminal(t, client("- < names > /dev/null"));
    const output = text(child.stdout);
    await once(child.stdout, "readable");
    child.stdin.write("\u0003");
    const [status] = await once(child, "close");
    assert.equal(status, 128 + 2);
    const [, last] = (await output).split(/names.*(?=\r)/s);
    assert.equal(last?.replace("^C", ""), clearLine);
  });

  test("greets each typed name at once", async (t) => {
    const child = startInTerminal(t, client("-"));
    let shown = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      shown += chunk;
    });
    for (const name of ["Ada", "Grace"]) {
      child.stdin.write(`${name}\n`);
      while (!shown.includes(`Hello ${name}\r\n`)) {
        await once(child.stdout, "data");
      }
    }
    child.stdin.write("\u0003");
    const [status] = await once(child, "close");
    assert.equal(status, 128 + 2);
    assert.doesNotMatch(shown, /names|at .*\.js/);
  });
});
