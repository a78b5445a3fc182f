// @own-process: takes long, and runs beside the other tests.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { run } from "@hello/testing/program";
import { asLines, clientMain } from "../client-program.js";
import { clientUnderTest } from "./client-under-test.js";

const client = clientUnderTest();

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `name ${index}`);

test("reads names from standard input with empty lines, CRLF and an unterminated last line, between other names", async () => {
  assert.deepEqual(await client.run(["first", "-", "last"], { input: "Ada\r\n\nGrace" }), {
    status: 0,
    stdout: "Hello first\nHello Ada\nHello \nHello Grace\nHello last\n",
    stderr: "",
  });
  assert.deepEqual(await client.run(["-"]), { status: 0, stdout: "", stderr: "" });
});

test("greets 4,000 names in order with little memory", async () => {
  const names = numbers(4_000);
  // A heap too small to hold all calls at once.
  const env = { NODE_OPTIONS: "--max-old-space-size=48" };
  const { status, stdout, stderr } = await client.run(["-"], { input: asLines(names), env });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  assert.ok(stdout === asLines(names.map((name) => `Hello ${name}`)));
});

test("prints each greeting at once while standard input stays open", async () => {
  const child = client.start(["-"]);
  const lines = createInterface(child.stdout);
  for (const name of ["Ada", "Grace"]) {
    child.stdin.write(`${name}\n`);
    assert.deepEqual(await once(lines, "line"), [`Hello ${name}`]);
  }
  child.stdin.end();
  assert.deepEqual(await once(child, "close"), [0, null]);
});

test("rejects input that is not UTF-8 with its line number, after the greetings before it", async () => {
  const input = Buffer.from("Ada\n\nGr\xe9goire\nAlan\n", "latin1");
  assert.deepEqual(await client.run(["-"], { input }), {
    status: 1,
    stdout: "Hello Ada\nHello \n",
    stderr: "hello-client: line 3 is not valid UTF-8\n",
  });
});

test("ends at the first failed call with its line number and status, after the greetings before it", async () => {
  const child = client.start(["-"]);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  // Standard input stays open: the program must end without reading the rest.
  child.stdin.on("error", () => {});
  child.stdin.write(`Ada\nGrace\n${"x".repeat(5 * 2 ** 20)}\nAlan\n`);
  assert.deepEqual(await once(child, "exit"), [64 + 8, null]);
  child.stdin.destroy();
  const [stdout, stderr] = await output;
  assert.equal(stdout, "Hello Ada\nHello Grace\n");
  assert.match(stderr, /^hello-client: line 3: RESOURCE_EXHAUSTED: .*\n$/);
});

test("ends without an error when the reader of its output closes the pipe", async () => {
  const child = client.start(["-"]);
  const stderr = text(child.stderr);
  child.stdin.on("error", () => {});
  child.stdin.write("Ada\n");
  await once(child.stdout, "readable");
  child.stdout.destroy();
  // Standard input stays open: the program must end when it cannot write the next greeting.
  child.stdin.write("Grace\n");
  assert.deepEqual(await once(child, "exit"), [0, null]);
  assert.equal(await stderr, "");
});

test("slows down for a slow reader such as a pager, without missing a deadline", async () => {
  const names = numbers(1_000).map((name) => name.padEnd(6_000, "."));
  let supplied = 0;
  function* lines() {
    for (const name of names) {
      supplied += 1;
      yield `${name}\n`;
    }
  }
  const child = client.start(["-", "--timeout-ms", "8000"]);
  const stderr = text(child.stderr);
  Readable.from(lines()).pipe(child.stdin);
  // Wait until it stops reading for longer than the timeout of a call.
  for (let before = -1; before < supplied; await setTimeout(9_000)) {
    before = supplied;
  }
  assert.ok(supplied < names.length / 2, `it read ${supplied} names while its output was not read`);
  const stdout = await text(child.stdout);
  assert.equal(await stderr, "");
  assert.ok(stdout === asLines(names.map((name) => `Hello ${name}`)));
});

test("fails when it cannot write its output", {
  skip: process.platform !== "linux" && "needs Linux's /dev/full",
}, async () => {
  const shell = `"$0" "$1" > /dev/full`;
  const { status, stderr } = await run(["/bin/sh", "-c", shell, process.execPath, clientMain], {
    env: client.environment(),
  });
  assert.equal(status, 1);
  assert.match(stderr, /^hello-client: cannot write to standard output: ENOSPC.*\n$/);
});
