import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { type HelloRequest, HelloResponse, HelloService } from "@hello/proto";
import { bind } from "@hello/testing/grpc-server";

type HelloCall = ServerUnaryCall<HelloRequest, HelloResponse>;
type HelloCallback = sendUnaryData<HelloResponse>;

/** A server of the Hello contract for the tests of this package: what it does with a call is up to the test. */
export interface TestServer extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly target: string;
  /** The calls that arrived so far, in order. */
  readonly calls: readonly HelloCall[];
  readonly server: Server;
}

/** How a {@link TestServer} serves. */
export interface TestServerOptions {
  /** Default: greets. */
  readonly hello?: (call: HelloCall, callback: HelloCallback) => void;
  /** Default: plain text. */
  readonly credentials?: ServerCredentials;
  /** Default: a free one. */
  readonly port?: number;
  /** Services beside Hello. */
  readonly services?: readonly (readonly [ServiceDefinition, UntypedServiceImplementation])[];
}

/** Starts a {@link TestServer}. */
export async function serve({
  hello = greet,
  credentials = ServerCredentials.createInsecure(),
  port = 0,
  services = [],
}: TestServerOptions = {}): Promise<TestServer> {
  const calls: HelloCall[] = [];
  const server = new Server();
  server.addService(HelloService, {
    hello(call: HelloCall, callback: HelloCallback) {
      calls.push(call);
      hello(call, callback);
    },
  });
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

/** Answers a call as the service does. */
export function greet(call: HelloCall, callback: HelloCallback): void {
  callback(null, new HelloResponse().setValue(`Hello ${call.request.getValue()}`));
}

/** Fails a call with a status. */
export function fail(code: number, details: string, metadata: Record<string, string | Buffer> = {}) {
  return (_: HelloCall, callback: HelloCallback): void => {
    const trailers = new Metadata();
    for (const [name, value] of Object.entries(metadata)) {
      trailers.set(name, value);
    }
    callback({ code, details, metadata: trailers });
  };
}
