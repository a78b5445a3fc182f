import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { pnpm } from "@hello/testing/package-managers";
import { start } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";

const script = requires("script");
const root = fileURLToPath(new URL("../../../../", import.meta.url));

test("shuts down pnpm --filter server start gracefully on Ctrl-C, without an error of pnpm", {
  skip: script.skip,
}, async (t) => {
  const command = [...pnpm, "--filter", "server", "start", "--address", "127.0.0.1:0", "--shutdown-delay-ms", "300"];
  // A pseudo-terminal, which sends SIGINT to every process in it.
  const child = start([script.program, "-qec", command.map((word) => `'${word}'`).join(" "), "/dev/null"], {
    cwd: root,
    env: { SHELL: "/bin/sh", TERM: "xterm" },
  });
  t.after(() => child.kill("SIGKILL"));
  const ended = once(child, "close");
  let shown = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    shown += stripVTControlCharacters(chunk);
    if (shown.includes("serving") && child.stdin.writable) {
      child.stdin.end("\u0003");
    }
  }
  const [status] = await ended;
  // Some versions of pnpm exit with 130 after Ctrl-C.
  assert.ok(status === 0 || status === 130, `${status}\n${shown}`);
  const steps = ["signal received", "shutting down", "draining", "stopped"];
  assert.deepEqual(shown.match(new RegExp(steps.join("|"), "g")), steps, shown);
  assert.doesNotMatch(shown, /ELIFECYCLE|ERR_PNPM|^\s+at /m);
});
