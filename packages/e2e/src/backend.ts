import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { type HelloRequest, HelloResponse, HelloService } from "@hello/proto";
import type { Certificate } from "@hello/testing/certificates";
import { bind } from "@hello/testing/grpc-server";

/** Call that has reached a {@link Backend} and waits there. */
export interface WaitingCall {
  /** Time in milliseconds since 1970. */
  readonly deadline: number;
  /** Resolves once the call is cancelled. */
  readonly cancelled: Promise<void>;
}

/**
 * Server of Hello whose behaviour depends on the name. It never answers `wait`, answers `fail` with an error, and greets
 * every other name. It returns the metadata of the request in the headers and the trailers.
 */
export interface Backend extends AsyncDisposable {
  /** Address that serves plain text. */
  readonly plain: string;
  /** Address that serves TLS. */
  readonly tls: string;
  /** Resolves with the next call of the name `wait`. */
  nextWaitingCall(): Promise<WaitingCall>;
}

/** Starts a {@link Backend} on free ports of the loopback interface. */
export async function startBackend(certificate: Certificate): Promise<Backend> {
  const server = new Server();
  let onWaiting: (call: WaitingCall) => void = () => {};
  server.addService(HelloService, {
    hello(call: ServerUnaryCall<HelloRequest, HelloResponse>, callback: sendUnaryData<HelloResponse>) {
      const name = call.request.getValue();
      if (name === "wait") {
        const cancelled = new Promise<void>((resolve) => {
          call.once("cancelled", resolve);
        });
        onWaiting({ deadline: Number(call.getDeadline()), cancelled });
        return;
      }
      const echo = call.metadata.clone();
      for (const key of Object.keys(echo.getMap())) {
        if (!key.startsWith("x-")) {
          echo.remove(key);
        }
      }
      if (name === "fail") {
        echo.set("x-reason-bin", Buffer.from([1, 2, 3]));
        callback({ code: status.FAILED_PRECONDITION, details: "no, for 世界", metadata: echo });
        return;
      }
      call.sendMetadata(echo);
      callback(null, new HelloResponse().setValue(`Hello ${name}`), echo);
    },
  });
  const [cert, key] = [Buffer.from(certificate.cert), Buffer.from(certificate.key)];
  const [plain, tls] = await Promise.all([
    bind(server),
    bind(server, { credentials: ServerCredentials.createSsl(null, [{ cert_chain: cert, private_key: key }]) }),
  ]);
  return {
    plain,
    tls,
    nextWaitingCall() {
      return new Promise((resolve) => {
        onWaiting = resolve;
      });
    },
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}
