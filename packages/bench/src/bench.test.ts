import assert from "node:assert/strict";
import { test } from "node:test";
import { compileProgram } from "@hello/testing/compile";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";

// These runs are too short for meaningful results. They only show that the benchmarks work.
const h2load = requires("h2load");
const withLoad = h2load.skip || (process.platform !== "linux" && "the benchmark needs /proc and taskset of Linux");

const benchmarks = [
  { name: "startup", args: ["1"], skip: false, ratios: ["hello / bare"] },
  { name: "server", args: ["1", "0"], skip: withLoad, ratios: ["calls per second / bare", "CPU per call / bare"] },
  {
    name: "streams",
    args: ["1", "0"],
    skip: withLoad,
    ratios: ["messages per second / bare", "CPU per message / bare"],
  },
  { name: "memory", args: ["1", "4"], skip: withLoad, ratios: ["/ bare"] },
  { name: "client", args: ["1", "0.05"], skip: false, ratios: ["HelloClient / stub"] },
  { name: "json", args: ["1", "1"], skip: false, ratios: ["parse time protobuf / JSON"] },
];

for (const { name, args, skip, ratios } of benchmarks) {
  test(`${name} prints its ratios`, { skip }, async () => {
    const script = await compileProgram(new URL(`${name}.ts`, import.meta.url));
    const { status, stdout, stderr } = await run([process.execPath, script, ...args]);
    assert.equal(status, 0, stderr);
    for (const ratio of ratios) {
      assert.match(stdout, new RegExp(`${ratio}: \\d+\\.\\d+ \\(rounds \\d`));
    }
  });
}
