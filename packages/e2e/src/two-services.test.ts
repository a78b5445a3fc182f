import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "@hello/testing/program";
import { buf } from "./buf.js";
import { packTarballs, publishedPackages, type Tarballs } from "./tarballs.js";

let tarballs: Tarballs;
before(async () => {
  tarballs = await packTarballs();
});
after(() => tarballs[Symbol.dispose]());

/** Program that serves two contracts behind an interceptor that requires a bearer token, and calls them. */
const program = `
  import { createRequire } from "node:module";
  import { execFile } from "node:child_process";
  import { promisify } from "node:util";
  import { ServerInterceptingCall, status } from "@grpc/grpc-js";
  import { HelloClient } from "@hello/client";
  import { ClientChannel, ServiceClient } from "@hello/grpc-client";
  import { bindService, createServer } from "@hello/grpc-server";
  import { HelloService } from "@hello/proto";
  import { HelloServicer } from "@hello/server";

  const require = createRequire(import.meta.url);
  const { EchoService } = require("./gen/echo_grpc_pb.js");
  const { EchoRequest, EchoResponse } = require("./gen/echo_pb.js");
  Object.defineProperty(EchoService, Symbol.for("grpc.descriptorSet"), { value: require.resolve("./gen/descriptors.binpb") });

  const echo = {
    async unary(request) { return new EchoResponse().setValue(request.getValue()); },
    async *serverStream(request) { yield new EchoResponse().setValue(request.getValue()); },
    async clientStream(requests) { for await (const _ of requests); return new EchoResponse(); },
    async *bidiStream(requests) { for await (const request of requests) yield new EchoResponse().setValue(request.getValue()); },
  };

  const requireBearer = (method, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, next) {
            if (method.path.startsWith("/grpc.") || metadata.get("authorization")[0] === "Bearer secret") {
              next(metadata);
            } else {
              call.sendStatus({ code: status.UNAUTHENTICATED, details: "the bearer token is missing or invalid" });
            }
          },
        });
      },
    });

  const server = createServer({
    addresses: ["127.0.0.1:0"],
    services: [bindService(HelloService, new HelloServicer()), bindService(EchoService, echo)],
    interceptors: [requireBearer],
  });
  const [address] = await server.start();

  class EchoClient extends ServiceClient {
    async echo(value, options) {
      return (await this.unary(EchoService.unary, new EchoRequest().setValue(value), options)).getValue();
    }
  }

  const channel = new ClientChannel(address, { token: "secret", allowPlaintextToken: true });
  const hello = new HelloClient(channel);
  const echoes = new EchoClient(channel);
  console.log(await hello.hello("World"));
  console.log(await echoes.echo("again"));
  console.log(await echoes.checkHealth("testing.v1.Echo"));
  const stranger = new HelloClient(address);
  console.log(await stranger.hello("World").catch((error) => error.status));
  const buf = [process.argv[2], "curl", "--protocol", "grpc", "--list-services", "http://" + address];
  process.stdout.write((await promisify(execFile)(process.execPath, buf)).stdout);
  stranger.close();
  channel.close();
  await server.shutdown();`;

test("serves two contracts in one process behind an interceptor, in a project outside the repository", async () => {
  const project = await tarballs.createProject({ "main.mjs": program }, publishedPackages, "--ignore-scripts");
  cpSync(fileURLToPath(new URL("../../testing/gen", import.meta.url)), join(project, "gen"), { recursive: true });
  const { status, stdout, stderr } = await run([process.execPath, "main.mjs", buf], { cwd: project });
  assert.equal(status, 0, stderr);
  assert.deepEqual(stdout.trimEnd().split("\n"), [
    "Hello World",
    "again",
    "SERVING",
    "UNAUTHENTICATED",
    "Hello",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "testing.v1.Echo",
  ]);
});
