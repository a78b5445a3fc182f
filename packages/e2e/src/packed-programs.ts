/** Programs of packages.test.ts, which run with the packed packages in a project outside the repository. */

/** Program that serves two contracts behind an interceptor that requires a bearer token, and calls them. */
export const twoServicesProgram = `
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

/** Program that uses all packages and their types. */
export const typedProgram = `
  import { HelloClient, type HelloClientOptions, RpcError } from "@hello/client";
  import { HelloRequest } from "@hello/proto";
  import { createHelloServer, hello } from "@hello/server";
  import type { GrpcServer } from "@hello/grpc-server";

  const server: GrpcServer = createHelloServer({ addresses: ["127.0.0.1:0"] });
  const [address = ""] = await server.start();
  const options: HelloClientOptions = { timeoutMs: 10_000 };
  const client = new HelloClient(address, options);
  const name: string = new HelloRequest().setValue("TypeScript").getValue();
  try {
    const greeting: string = await client.hello(name);
    console.log(greeting === hello(name) ? greeting : "another greeting");
  } catch (error) {
    console.error(error instanceof RpcError ? error.status : error);
  }
  client.close();
  await server.shutdown();`;

const startSdk = `
  import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
  const spans = new InMemorySpanExporter();
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).register();
  const names = () => spans.getFinishedSpans().map(({ name, kind }) => kind + " " + name).sort().join("\\n");`;

/** Programs to bundle, without top-level await, which CommonJS does not support. */
export const bundledPrograms = {
  "client.mjs": `
    import { HelloClient } from "@hello/client";
    try {
      new HelloClient("xds:///hello");
    } catch (error) {
      console.log(error.message);
    }
    const client = new HelloClient(process.argv[2]);
    client.hello("World").then(console.log).finally(() => client.close());`,

  "traced-server.mjs": `
    import { HelloClient } from "@hello/client";
    import { createHelloServer } from "@hello/server";
    ${startSdk}
    async function main() {
      const server = createHelloServer({ addresses: ["127.0.0.1:0"] });
      const client = new HelloClient((await server.start())[0]);
      console.log(await client.hello("World"));
      console.log(await client.checkHealth());
      client.close();
      await server.shutdown();
      console.log(names());
    }
    main();`,
};

/** Output of each of {@link bundledPrograms}. */
export const bundledOutputs: Readonly<Record<string, string>> = {
  client: [
    'invalid target "xds:///hello": xds needs the package @grpc/grpc-js-xds, which cannot be loaded: ' +
      "Cannot find module '@grpc/grpc-js-xds'",
    "Hello World",
  ].join("\n"),
  "traced-server": [
    "Hello World",
    "SERVING",
    "1 Hello/Hello",
    "1 grpc.health.v1.Health/Check",
    "2 Hello/Hello",
    "2 grpc.health.v1.Health/Check",
  ].join("\n"),
};
