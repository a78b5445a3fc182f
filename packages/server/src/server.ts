import { Server, ServerCredentials } from "@grpc/grpc-js";
import { HelloService, strictUtf8 } from "@hello/proto";
import { type Logger, pino } from "pino";
import { HelloServicer } from "./hello-servicer.js";
import { type Listener, listen } from "./rpc/listener.js";
import { addServicer } from "./rpc/servicer.js";
import { shutdown } from "./rpc/shutdown.js";

/** How a {@link HelloServer} serves. */
export interface HelloServerOptions {
  /**
   * Where it listens: `host:port`, `[IPv6]:port`, `:port` or `unix:/path`. Default `["[::]:50051"]`, which is every
   * interface, IPv4 included.
   */
  readonly addresses?: readonly string[];
  /** How long a shutdown lets calls finish before it cancels them, in milliseconds. Default 10,000. */
  readonly shutdownGraceMs?: number;
  /** Default: no log. */
  readonly logger?: Logger;
}

/** A server of the Hello service. */
export interface HelloServer {
  /**
   * Begins to serve and resolves with the bound addresses.
   *
   * @throws Error with a message for a person where an address cannot be bound.
   */
  start(): Promise<readonly string[]>;
  /**
   * Stops accepting, lets calls finish until the grace time is over, and resolves when all are gone. A second call
   * cancels what is left at once.
   */
  shutdown(): Promise<void>;
}

/** Makes a server of the Hello service; {@link HelloServer.start} starts it. */
export function createHelloServer(options: HelloServerOptions = {}): HelloServer {
  const { addresses = ["[::]:50051"], shutdownGraceMs = 10_000, logger = pino({ level: "silent" }) } = options;
  const server = new Server({ "grpc.enable_channelz": 0 });
  addServicer(server, strictUtf8(HelloService), new HelloServicer(), logger);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());

  let listener: Listener | undefined;
  let stopped: Promise<void> | undefined;
  return {
    async start() {
      listener = await listen(addresses, (socket) => injector.injectConnection(socket));
      logger.info({ addresses: listener.addresses }, "serving");
      return listener.addresses;
    },
    shutdown() {
      if (stopped === undefined) {
        listener?.close();
        stopped = shutdown(server, shutdownGraceMs, logger);
      } else {
        server.forceShutdown();
      }
      return stopped;
    },
  };
}
