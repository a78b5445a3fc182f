import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { run, start } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { asLines, clientMain } from "../client-program.js";
import { type ServerProcess, startServer } from "../server-process.js";

const script = requires("script");
const clearLine = "\r\u001b[K";
const names = ["Ada", "Grace", "Alan", "Edsger"];
const greetings = asLines(names.map((name) => `Hello ${name}`));

// `script` runs the program in a pseudo-terminal and copies what the terminal shows to standard output.
describe("the client program in a terminal", { skip: script.skip, timeout: 120_000 }, () => {
  let server: ServerProcess;
  let folder: string;
  before(async () => {
    [server, folder] = await Promise.all([startServer(), mkdtemp(join(tmpdir(), "hello-terminal-"))]);
    await run(["mkfifo", join(folder, "names")]);
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Runs a shell command in a terminal, with the client program as $CLIENT. */
  const startInTerminal = (t: TestContext, shell: string) => {
    const child = start([script.program, "-qec", shell, "/dev/null"], {
      cwd: folder,
      env: {
        CLIENT: `"${process.execPath}" "${clientMain}"`,
        HELLO_TARGET: server.address,
        SHELL: "/bin/sh",
        TERM: "xterm",
      },
    });
    t.after(() => child.kill("SIGKILL"));
    let shown = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      shown += chunk;
    });
    return {
      child,
      async waitUntilShown(text: string) {
        while (!shown.includes(text)) {
          await once(child.stdout, "data");
        }
      },
      async end() {
        const [status] = await once(child, "close");
        return { status, shown };
      },
    };
  };
  type Terminal = ReturnType<typeof startInTerminal>;
  const client = (args: string) => `eval exec $CLIENT '${args}'`;

  const waitForProgress = ({ waitUntilShown }: Terminal) => waitUntilShown(" names, ");

  /** Runs a shell command that reads the pipe `names`. Sends the second half of the names when `halfway` resolves. */
  async function runSlowly(t: TestContext, shell: string, halfway: (terminal: Terminal) => Promise<void>) {
    const terminal = startInTerminal(t, shell);
    const pipe = await open(join(folder, "names"), "w");
    const half = names.length / 2;
    await pipe.write(asLines(names.slice(0, half)));
    await halfway(terminal);
    await pipe.write(asLines(names.slice(half)));
    await pipe.close();
    return terminal.end();
  }

  const readGreetings = () => readFile(join(folder, "greetings"), "utf8");

  test("shows the progress of a long run on one line, and clears it at the end", async (t) => {
    const { status, shown } = await runSlowly(t, client("- < names > greetings"), waitForProgress);
    assert.equal(status, 0);
    assert.match(shown, /K[\d,]+ names, [\d,]+\/s/);
    assert.doesNotMatch(shown, /\n/);
    assert.ok(shown.endsWith(clearLine), JSON.stringify(shown.slice(-100)));
    assert.equal(await readGreetings(), greetings);
  });

  test("keeps the greetings intact when they share the terminal with the progress", async (t) => {
    const { status, shown } = await runSlowly(t, client("- < names"), waitForProgress);
    assert.equal(status, 0);
    // Only the text after the last clearing of a line stays visible.
    const visible = shown.split("\r\n").map((line) => line.split(clearLine).at(-1));
    assert.equal(visible.join("\n"), greetings);
  });

  test("cuts the progress to the width of a narrow terminal", async (t) => {
    const shell = `stty cols 10; ${client("- < names > greetings")}`;
    const { shown } = await runSlowly(t, shell, ({ waitUntilShown }) => waitUntilShown(" names,"));
    const drawn = shown.split(clearLine).filter((text) => text !== "");
    assert.ok(drawn.length > 0);
    assert.deepEqual(
      drawn.filter((text) => text.length > 9),
      [],
    );
  });

  test("shows no progress in a pipe, in a terminal that cannot clear a line, or in a short run", async (t) => {
    const shells = {
      "standard error in a pipe": client("- 2>&1 > greetings < names | cat"),
      "a terminal that cannot clear a line": `TERM=dumb ${client("- > greetings < names")}`,
    };
    for (const [where, shell] of Object.entries(shells)) {
      const result = await runSlowly(t, shell, async () => {
        while ((await readGreetings()) === "") {
          await setTimeout(50);
        }
        // Five times the interval of the progress.
        await setTimeout(500);
      });
      assert.deepEqual({ where, ...result }, { where, status: 0, shown: "" });
    }
    assert.deepEqual(await startInTerminal(t, client("Ada > greetings")).end(), { status: 0, shown: "" });
  });

  test("ends by SIGINT at once after Ctrl-C, and clears the progress", async (t) => {
    const terminal = startInTerminal(t, client("- < names > /dev/null"));
    await using _pipe = await open(join(folder, "names"), "w");
    await waitForProgress(terminal);
    terminal.child.stdin.write("\u0003");
    const { status, shown } = await terminal.end();
    assert.equal(status, 128 + 2);
    const [, last] = shown.split(/names.*(?=\r)/s);
    assert.equal(last?.replace("^C", ""), clearLine);
  });

  test("greets each typed name at once", async (t) => {
    const terminal = startInTerminal(t, client("-"));
    for (const name of ["Ada", "Grace"]) {
      terminal.child.stdin.write(`${name}\n`);
      await terminal.waitUntilShown(`Hello ${name}\r\n`);
    }
    terminal.child.stdin.write("\u0003");
    const { status, shown } = await terminal.end();
    assert.equal(status, 128 + 2);
    assert.doesNotMatch(shown, /names|at .*\.js/);
  });
});
