/** Service without a contract, for tests of the server itself. */
import { EventEmitter, once } from "node:events";
import type { TestContext } from "node:test";
import { Client, type ClientOptions, credentials, type Metadata, type Server } from "@grpc/grpc-js";
import { type CalledMethod, callUnary } from "./call-unary.js";
import { bind } from "./grpc-server.js";
import { connectReady, type RawConnection, type RawConnectionOptions } from "./raw-http2.js";

type Callback = (error: null, response: Buffer) => void;
type BytesMethod = CalledMethod<Buffer, Buffer>;

const identity = (bytes: Buffer) => bytes;
const bytesMethod = (path: string): BytesMethod => ({
  path,
  requestSerialize: identity,
  responseDeserialize: identity,
});

/** Method that responds with the bytes of its request. */
export const echo = bytesMethod("/Test/Echo");

/** Method that responds with the bytes of its request once the test calls {@link EchoServer.answer}. */
export const wait = bytesMethod("/Test/Wait");

/** Adds {@link echo} to a server. */
export function addEcho(server: Server): void {
  const handler = ({ request }: { request: Buffer }, callback: Callback) => callback(null, request);
  server.register(echo.path, handler, identity, identity, "unary");
}

/** Server with the methods {@link echo} and {@link wait}. */
export interface EchoServer {
  /** Address in the form `127.0.0.1:port`. */
  readonly address: string;
  /** Resolves after the given number of further calls to {@link wait} have started. Default 1. */
  waitingCalls(count?: number): Promise<void>;
  /** Responds to all pending calls. */
  answer(): void;
  /** Returns the highest number of calls that were pending at the same time. */
  peak(): number;
  /** Opens a separate connection, with SETTINGS exchanged. */
  connect(options?: RawConnectionOptions): Promise<RawConnection>;
  /** Creates a gRPC client with a separate connection, and returns a function that calls a method. */
  client(options?: ClientOptions): (method: BytesMethod, request?: Buffer, metadata?: Metadata) => Promise<Buffer>;
}

/** Starts a server with the methods {@link echo} and {@link wait}, and stops it after the test. */
export async function serveEcho(t: TestContext, server: Server): Promise<EchoServer> {
  addEcho(server);
  const events = new EventEmitter().setMaxListeners(0);
  let active = 0;
  let peak = 0;
  server.register(
    wait.path,
    async ({ request }: { request: Buffer }, callback: Callback) => {
      peak = Math.max(peak, ++active);
      events.emit("call");
      await once(events, "answer");
      active--;
      callback(null, request);
    },
    identity,
    identity,
    "unary",
  );
  const address = await bind(server);
  t.after(() => server.forceShutdown());
  return {
    address,
    waitingCalls(count = 1) {
      let started = 0;
      return new Promise((resolve) => {
        events.on("call", function onCall() {
          if (++started === count) {
            events.off("call", onCall);
            resolve();
          }
        });
      });
    },
    answer: () => void events.emit("answer"),
    peak: () => peak,
    async connect(options) {
      const connection = await connectReady(address, options);
      t.after(() => connection[Symbol.dispose]());
      return connection;
    },
    client(options = {}) {
      const client = new Client(address, credentials.createInsecure(), {
        "grpc.use_local_subchannel_pool": 1,
        "grpc.max_send_message_length": -1,
        ...options,
      });
      t.after(() => client.close());
      return (method, request = Buffer.from("a"), metadata) =>
        callUnary(client, method, request, { ...(metadata && { metadata }) });
    },
  };
}
