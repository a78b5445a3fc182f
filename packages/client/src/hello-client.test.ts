import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createHelloServer } from "@hello/server";
import { HelloClient } from "./hello-client.js";

const server = createHelloServer({ addresses: ["127.0.0.1:0"] });
const [address = ""] = await server.start();
const client = new HelloClient(address);
after(async () => {
  client.close();
  await server.shutdown();
});

test("greets a name over a socket", async () => {
  assert.equal(await client.hello("World"), "Hello World");
});
