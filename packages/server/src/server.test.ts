import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, credentials } from "@grpc/grpc-js";
import { HelloRequest, HelloService } from "@hello/proto";
import { callUnary } from "@hello/testing/call-unary";
import { createHelloServer } from "./server.js";

test("greets a name over a socket", async () => {
  await using server = createHelloServer({ addresses: ["127.0.0.1:0"] });
  const [address = ""] = await server.start();
  const client = new Client(address, credentials.createInsecure());
  try {
    const response = await callUnary(client, HelloService.hello, new HelloRequest().setValue("World"));
    assert.equal(response.getValue(), "Hello World");
  } finally {
    client.close();
  }
});

test("rejects an unknown option", () => {
  assert.throws(() => createHelloServer({ port: 50_051 } as object), /^TypeError: unknown option "port"/);
});
