/**
 * Compares protocol buffers with JSON: the size of a message, the CPU time to parse it, and the number of programming
 * errors that the compiler finds.
 *
 *     tsx src/json.ts [rounds] [milliseconds]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HelloRequest } from "@hello/proto";
import { EchoRequest } from "@hello/testing/echo";
import { run } from "@hello/testing/program";
import { median, ratio } from "./statistics.js";

const [rounds = 12, milliseconds = 200] = process.argv.slice(2).map(Number);

const numbers = { value: "World", count: 1_000, delayMs: 250, failCode: 14 };
const echo = new EchoRequest().setValue("World").setCount(1_000).setDelayMs(250).setFailCode(14);
const payload = Buffer.alloc(65_536, "payload ");
const text = "text of a book, ".repeat(4_096);

/** Messages with the same content in both formats, as received from a socket, with their parsers. */
const messages = [
  {
    name: "a name",
    json: Buffer.from(JSON.stringify({ value: "World" })),
    parseJson: (bytes: Buffer): unknown => JSON.parse(bytes.toString()),
    protobuf: new HelloRequest().setValue("World").serializeBinary(),
    parseProtobuf: (bytes: Uint8Array): unknown => HelloRequest.deserializeBinary(bytes).getValue(),
  },
  {
    name: "a name and three numbers",
    json: Buffer.from(JSON.stringify(numbers)),
    parseJson: (bytes: Buffer): unknown => JSON.parse(bytes.toString()),
    protobuf: echo.serializeBinary(),
    parseProtobuf: (bytes: Uint8Array): unknown => EchoRequest.deserializeBinary(bytes).getValue(),
  },
  {
    name: "64 KiB of text",
    json: Buffer.from(JSON.stringify({ value: text })),
    parseJson: (bytes: Buffer): unknown => JSON.parse(bytes.toString()),
    protobuf: new HelloRequest().setValue(text).serializeBinary(),
    parseProtobuf: (bytes: Uint8Array): unknown => HelloRequest.deserializeBinary(bytes).getValue(),
  },
  {
    name: "64 KiB of bytes",
    json: Buffer.from(JSON.stringify({ payload: payload.toString("base64") })),
    parseJson: (bytes: Buffer): unknown => Buffer.from(JSON.parse(bytes.toString()).payload, "base64"),
    protobuf: new EchoRequest().setPayload(payload).serializeBinary(),
    parseProtobuf: (bytes: Uint8Array): unknown => EchoRequest.deserializeBinary(bytes).getPayload_asU8(),
  },
];

/** Expressions with the same error in both formats. */
const invalidExpressions = [
  ["JSON.stringify({ vlaue: 'World' })", "new HelloRequest().setVlaue('World')"],
  ["JSON.stringify({ value: 42 })", "new HelloRequest().setValue(42)"],
  ["JSON.stringify({ value: null })", "new HelloRequest().setValue(null)"],
  ["JSON.stringify({ value: ['World'] })", "new HelloRequest().setValue(['World'])"],
  ["JSON.parse('{}').vlaue", "new HelloRequest().getVlaue()"],
] as const;

for (const { name, json, parseJson, protobuf, parseProtobuf } of messages) {
  const times = { json: [] as number[], protobuf: [] as number[] };
  for (let round = -1; round < rounds; round++) {
    const figures = {
      json: measureNanos(() => parseJson(json)),
      protobuf: measureNanos(() => parseProtobuf(protobuf)),
    };
    // The first round warms up.
    if (round >= 0) {
      times.json.push(figures.json);
      times.protobuf.push(figures.protobuf);
    }
  }
  console.log(`${name}: JSON ${json.length} bytes, protobuf ${protobuf.length} bytes`);
  console.log(
    `  parse time: JSON ${median(times.json).toFixed(0)} ns, protobuf ${median(times.protobuf).toFixed(0)} ns`,
  );
  console.log(`  parse time protobuf / JSON: ${ratio(times.protobuf, times.json)}`);
}
const [inJson, inProtobuf] = await Promise.all([countErrors(0), countErrors(1)]);
console.log(`errors found by the compiler, of ${invalidExpressions.length}: JSON ${inJson}, protobuf ${inProtobuf}`);

/** Measures the average CPU time of an action, in nanoseconds. */
function measureNanos(action: () => unknown): number {
  const start = process.cpuUsage();
  let calls = 0;
  let micros = 0;
  while (micros < milliseconds * 1_000) {
    for (let call = 0; call < 100; call++) {
      action();
    }
    calls += 100;
    const { user, system } = process.cpuUsage(start);
    micros = user + system;
  }
  return (micros / calls) * 1_000;
}

/** Compiles the invalid expressions of one format, and counts the lines with an error. */
async function countErrors(format: 0 | 1): Promise<number> {
  const bench = fileURLToPath(new URL("..", import.meta.url));
  const folder = mkdtempSync(join(bench, ".snippet-"));
  try {
    const lines = invalidExpressions.map((expressions) => `${expressions[format]};\n`).join("");
    writeFileSync(join(folder, "invalid.ts"), `import { HelloRequest } from "@hello/proto";\n${lines}`);
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../tsconfig.json",
        compilerOptions: { noUnusedLocals: false },
        include: ["*.ts"],
      }),
    );
    const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
    const { stdout } = await run([process.execPath, tsc, "-p", folder]);
    return new Set([...stdout.matchAll(/invalid\.ts\((\d+),/g)].map(([, line]) => line)).size;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
