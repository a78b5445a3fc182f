import { Client, credentials, type Server, ServerCredentials } from "@grpc/grpc-js";

/** Options of {@link bind}. */
export interface BindOptions {
  /** Credentials of the server. Default: plain text. */
  readonly credentials?: ServerCredentials;
  /** Port to listen on. Default: any free port. */
  readonly port?: number;
}

/** Binds a gRPC server to the loopback interface. Resolves with its address in the form `127.0.0.1:port`. */
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

/** Listening gRPC server with a client. Disposing stops both and ends their calls. */
export interface ServedClient extends Disposable {
  /** Address of the server in the form `127.0.0.1:port`. */
  readonly address: string;
  /** Client with a separate connection. */
  readonly client: Client;
}

/** Binds a gRPC server to a free port of the loopback interface, and creates a client for it. */
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
