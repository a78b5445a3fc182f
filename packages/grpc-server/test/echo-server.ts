import { Client, credentials } from "@grpc/grpc-js";
import { callUnary, type UnaryCallOptions } from "@hello/testing/call-unary";
import { type CapturedLog, captureLog } from "@hello/testing/captured-log";
import { EchoRequest, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { type Level, pino } from "pino";
import { bindService, type Servicer } from "../src/calls/servicer.js";
import { createServer, type GrpcServer } from "../src/server.js";
import type { ServerOptions } from "../src/server-options.js";
import { getActiveSpanFields } from "../src/telemetry/logger.js";

/** Server of the Echo service on a socket, with a client. */
export interface EchoServer extends AsyncDisposable {
  /** Address, like `127.0.0.1:54321`. */
  readonly address: string;
  readonly server: GrpcServer;
  /** Client with a separate connection. */
  readonly client: Client;
  readonly log: CapturedLog;
  /** Calls the unary method, and resolves with the value of the response. */
  unary(value?: string, options?: UnaryCallOptions): Promise<string>;
}

/** Options of {@link serveEcho}. */
export interface EchoServerOptions extends Omit<ServerOptions<unknown>, "services"> {
  /** Level of the captured log. Default "warn". */
  readonly level?: Level;
  /** Receives the log lines instead of the captured log. */
  readonly write?: (line: string) => void;
}

/** Serves the Echo service on a free port. The handlers of the test replace the default ones. */
export async function serveEcho(
  handlers: Partial<Servicer<typeof EchoService>> = {},
  { level = "warn", write, ...options }: EchoServerOptions = {},
): Promise<EchoServer> {
  const log = captureLog();
  const server = createServer<unknown>({
    addresses: ["127.0.0.1:0"],
    logger: pino({ level, mixin: getActiveSpanFields }, write ? { write } : log),
    services: [bindService(EchoService, { ...echoServicer, ...handlers })],
    ...options,
  });
  const [address = ""] = await server.start();
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  return {
    address,
    server,
    client,
    log,
    async unary(value = "World", callOptions) {
      const request = new EchoRequest().setValue(value);
      return (await callUnary(client, EchoService.unary, request, callOptions)).getValue();
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await Promise.all([server.shutdown(), server.shutdown()]);
    },
  };
}
