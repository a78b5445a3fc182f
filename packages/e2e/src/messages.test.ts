import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { collectMessages, page } from "./messages/collect-messages.js";

const skip = process.platform === "linux" ? false : "the commands are for Linux";

test("triggers every message as docs/messages.md lists it", { skip, timeout: 500_000 }, async () => {
  const listed = readFileSync(page, "utf8").split("\n");
  const triggered = (await collectMessages()).split("\n");
  const differences = [
    ...listed.filter((line) => !triggered.includes(line)).map((line) => `- ${line}`),
    ...triggered.filter((line) => !listed.includes(line)).map((line) => `+ ${line}`),
  ];
  assert.equal(differences.join("\n"), "", "run `pnpm --filter e2e messages` and review docs/messages.md");
  assert.deepEqual(triggered, listed);
});
