/**
 * Python client: reads part of a stream of a TypeScript server, then cancels it. The client is `python/read_ticks.py`.
 *
 * Run with `pnpm --filter examples start python-client`.
 */
import { execFile } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { requires } from "@hello/testing/requires";

const handlers = new EventEmitter();

const servicer: Servicer<typeof EchoService> = {
  ...echoServicer,
  async *serverStream(request) {
    try {
      // The stream is endless, but no faster than the client reads it.
      for (let index = 1; ; index++) {
        yield new EchoResponse().setValue(request.getValue()).setIndex(index);
      }
    } finally {
      handlers.emit("end");
    }
  },
};

const python = requires("python3-grpcio");
if (python.skip) {
  console.error("grpcio for Python is missing: apt-get install python3-grpcio python3-protobuf");
  process.exit(1);
}

await using server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(EchoService, servicer)] });
const [address = ""] = await server.start();

const end = once(handlers, "end");
const script = fileURLToPath(new URL("python/read_ticks.py", import.meta.url));
const { stdout } = await promisify(execFile)(python.program, [script, address]);
process.stdout.write(stdout);
await end;
console.log("TypeScript: the handler has ended");
