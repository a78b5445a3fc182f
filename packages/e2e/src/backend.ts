import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { type HelloRequest, HelloResponse, HelloService } from "@hello/proto";
import type { Certificate } from "@hello/testing/certificates";
import { bind } from "@hello/testing/grpc-server";

/** A call that waits at a {@link Backend}. */
export interface WaitingCall {
  /** In milliseconds since the epoch. */
  readonly deadline: number;
  /** Resolves once it is cancelled. */
  readonly cancelled: Promise<void>;
}

/**
 * A server that does what a name says: `echo` sends the metadata back, before and after the greeting; `fail` fails;
 * `wait` never answers. Others it greets.
 */
export interface Backend extends AsyncDisposable {
  /** Where it serves in plain text. */
  readonly plain: string;
  /** Where it serves TLS. */
  readonly tls: string;
  /** Resolves with the next call that waits. */
  waiting(): Promise<WaitingCall>;
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
    waiting() {
      return new Promise((resolve) => {
        onWaiting = resolve;
      });
    },
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
    },
  };
}
