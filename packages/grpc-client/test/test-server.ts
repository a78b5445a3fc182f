import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { bind } from "@hello/testing/grpc-server";

export type EchoCall = ServerUnaryCall<EchoRequest, EchoResponse>;
type EchoCallback = sendUnaryData<EchoResponse>;

/** Server for the unary calls of the Echo service, and for other services of a test. */
export interface TestServer extends AsyncDisposable {
  /** Target, like `127.0.0.1:50051`. */
  readonly target: string;
  /** Unary calls that have arrived, in order. */
  readonly calls: readonly EchoCall[];
  readonly server: Server;
}

/** Options of a {@link TestServer}. */
export interface TestServerOptions {
  /** Handles a unary call. Default: {@link echo}. */
  readonly handler?: (call: EchoCall, callback: EchoCallback) => void;
  /** Credentials of the server. Default: plain text. */
  readonly credentials?: ServerCredentials;
  /** Port of the server. Default: a free port. */
  readonly port?: number;
  /** Other services. */
  readonly services?: readonly (readonly [ServiceDefinition, UntypedServiceImplementation])[];
}

/** Starts a {@link TestServer}. */
export async function serve({
  handler = echo,
  credentials = ServerCredentials.createInsecure(),
  port = 0,
  services = [],
}: TestServerOptions = {}): Promise<TestServer> {
  const calls: EchoCall[] = [];
  const server = new Server();
  const { unary } = EchoService;
  server.addService(
    { unary },
    {
      unary(call: EchoCall, callback: EchoCallback) {
        calls.push(call);
        handler(call, callback);
      },
    },
  );
  for (const [definition, implementation] of services) {
    server.addService(definition, implementation);
  }
  return {
    target: await bind(server, { credentials, port }),
    calls,
    server,
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}

/** Handles a call with a response that contains the value of the request. */
export function echo(call: EchoCall, callback: EchoCallback): void {
  callback(null, new EchoResponse().setValue(call.request.getValue()));
}

/** Creates a handler that fails every call with a status and trailers. */
export function fail(code: number, details: string, metadata: Record<string, string | Buffer> = {}) {
  return (_: EchoCall, callback: EchoCallback): void => {
    const trailers = new Metadata();
    for (const [name, value] of Object.entries(metadata)) {
      trailers.set(name, value);
    }
    callback({ code, details, metadata: trailers });
  };
}
