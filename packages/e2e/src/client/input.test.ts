import assert from "node:assert/strict";
import { after, test } from "node:test";
import { HelloClient } from "@hello/client";
import { createHelloServer } from "@hello/server";

const server = createHelloServer({ addresses: ["127.0.0.1:0"] });
const [address = ""] = await server.start();
after(() => server.shutdown());

const invalidNames: readonly unknown[] = [5, ["Ada"], undefined, null, new String("Ada"), Buffer.from("Ada")];
for (const name of invalidNames) {
  test(`rejects hello(${JSON.stringify(name)}) with a TypeError`, async () => {
    await using client = new HelloClient(address);
    await assert.rejects(client.hello(name as string), {
      name: "TypeError",
      message: /^invalid name .*: it must be a string$/,
    });
  });
}

const invalidOptions: readonly (readonly [options: object, message: RegExp])[] = [
  [{ timeout: 5 }, /^unknown call option "timeout": /],
  [{ signal: new AbortController() }, /^signal must be an AbortSignal, not an AbortController$/],
  [{ metadata: new Map([["x-id", "1"]]) }, /^metadata must be a plain object, not a Map$/],
  [{ metadata: { "x-id": undefined } }, /^invalid metadata "x-id": /],
];
for (const [options, message] of invalidOptions) {
  test(`rejects an invalid option with a TypeError in every method: ${message}`, async () => {
    await using client = new HelloClient(address);
    await assert.rejects(client.hello("World", options), { name: "TypeError", message });
    await assert.rejects(client.checkHealth("", options), { name: "TypeError", message });
    await assert.rejects(client.watchHealth("", options).next(), { name: "TypeError", message });
  });
}

test("fails only the call whose metadata exceeds the limit of the server", async () => {
  await using client = new HelloClient(address, { retry: false, timeoutMs: 60_000 });
  const large = client.hello("World", { metadata: { "x-large": "x".repeat(20_000) } });
  const [other, failed] = await Promise.allSettled([client.hello("Ada"), large]);
  assert.deepEqual(other, { status: "fulfilled", value: "Hello Ada" });
  assert.match(
    String(failed.status === "rejected" && failed.reason),
    /RESOURCE_EXHAUSTED: the metadata is too large: \d+ bytes, and the limit of the server is 16384 /,
  );
});

for (const target of [":50051", "host:1/", "host:99999", "localhost:50051 "]) {
  test(`rejects connect("${target}") with a TypeError`, async () => {
    await assert.rejects(HelloClient.connect(target), { name: "TypeError", message: /^invalid target / });
  });
}
