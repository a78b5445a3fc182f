import { Client, credentials, type Server, ServerCredentials } from "@grpc/grpc-js";

/** How {@link bind} binds. */
export interface BindOptions {
  /** Default: plain text. */
  readonly credentials?: ServerCredentials;
  /** Default: a free one. */
  readonly port?: number;
}

/** Lets a gRPC server listen on the loopback interface, and resolves with its `127.0.0.1:port`. */
export function bind(
  server: Server,
  { credentials = ServerCredentials.createInsecure(), port = 0 }: BindOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(`127.0.0.1:${bound}`),
    );
  });
}

/** A gRPC server that listens, and a client of it. Disposing it ends both, and the calls between them. */
export interface ServedClient extends Disposable {
  /** Where the server listens, as `127.0.0.1:port`. */
  readonly address: string;
  /** Has a connection of its own. */
  readonly client: Client;
}

/** Lets a gRPC server listen on a free port of the loopback interface, and makes a client of it. */
export async function bindWithClient(server: Server): Promise<ServedClient> {
  const address = await bind(server);
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  return {
    address,
    client,
    [Symbol.dispose]() {
      client.close();
      server.forceShutdown();
    },
  };
}
