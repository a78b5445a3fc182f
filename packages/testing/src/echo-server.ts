/** A service without a contract, for tests of what every service stands on. */
import { EventEmitter, once } from "node:events";
import type { TestContext } from "node:test";
import { Client, type ClientOptions, credentials, type Metadata, type Server } from "@grpc/grpc-js";
import { type CalledMethod, callUnary } from "./call-unary.js";
import { bind } from "./grpc-server.js";
import { connectReady, type RawConnection, type RawConnectionOptions } from "./raw-http2.js";

type Callback = (error: null, answer: Buffer) => void;
type BytesMethod = CalledMethod<Buffer, Buffer>;

const same = (bytes: Buffer) => bytes;
const bytesMethod = (path: string): BytesMethod => ({ path, requestSerialize: same, responseDeserialize: same });

/** A method that answers with its request, whatever bytes that is. */
export const echo = bytesMethod("/Test/Echo");

/** The same, but it answers when the test says so. */
export const wait = bytesMethod("/Test/Wait");

/** Adds {@link echo} to a server. */
export function addEcho(server: Server): void {
  const handler = ({ request }: { request: Buffer }, callback: Callback) => callback(null, request);
  server.register(echo.path, handler, same, same, "unary");
}

/** A server of {@link echo} and {@link wait}, until the test ends. */
export interface EchoServer {
  /** Where it listens, as `127.0.0.1:port`. */
  readonly address: string;
  /** Resolves when that many more calls to wait have begun. */
  waitingCalls(count?: number): Promise<void>;
  /** Answers all calls that wait. */
  answer(): void;
  /** How many calls have waited at the same time. */
  peak(): number;
  /** A connection of its own that has been set up. */
  connect(options?: RawConnectionOptions): Promise<RawConnection>;
  /** Calls a method by a gRPC client with a connection of its own. */
  client(options?: ClientOptions): (method: BytesMethod, request?: Buffer, metadata?: Metadata) => Promise<Buffer>;
}

/** Lets a server serve {@link echo} and {@link wait} until a test ends. */
export async function serveEcho(t: TestContext, server: Server): Promise<EchoServer> {
  addEcho(server);
  const waiting = new EventEmitter().setMaxListeners(0);
  let active = 0;
  let peak = 0;
  server.register(
    wait.path,
    async ({ request }: { request: Buffer }, callback: Callback) => {
      peak = Math.max(peak, ++active);
      waiting.emit("call");
      await once(waiting, "answer");
      active--;
      callback(null, request);
    },
    same,
    same,
    "unary",
  );
  const address = await bind(server);
  t.after(() => server.forceShutdown());
  return {
    address,
    waitingCalls(count = 1) {
      let begun = 0;
      return new Promise((resolve) => {
        waiting.on("call", function onCall() {
          if (++begun === count) {
            waiting.off("call", onCall);
            resolve();
          }
        });
      });
    },
    answer: () => void waiting.emit("answer"),
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
