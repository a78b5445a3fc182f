import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client, credentials } from "@grpc/grpc-js";
import { bindService } from "@hello/grpc-server";
import { startTestServer, type TestServer } from "@hello/grpc-server/testing";
import { HelloRequest, HelloService } from "@hello/proto";
import { callUnary } from "@hello/testing/call-unary";
import { HelloServicer } from "./hello-servicer.js";

let server: TestServer;
let client: Client;

before(async () => {
  server = await startTestServer({ services: [bindService(HelloService, new HelloServicer())] });
  client = new Client(server.target, credentials.createInsecure());
});
after(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
});

for (const [name, greeting] of [
  ["World", "Hello World"],
  ["", "Hello "],
  ["世界", "Hello 世界"],
] as const) {
  test(`greets "${name}" over a socket`, async () => {
    const response = await callUnary(client, HelloService.hello, new HelloRequest().setValue(name));
    assert.equal(response.getValue(), greeting);
  });
}
