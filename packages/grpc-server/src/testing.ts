/** In-process server for tests. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { maxSocketPathBytes } from "@hello/grpc-common";
import type { RequiredAuthorize } from "./authorization/authorize.js";
import { createServer, type GrpcServer } from "./server.js";
import type { ServerOptions } from "./server-options.js";

/** Options of {@link startTestServer}: those of `createServer` except `addresses`. */
export type TestServerOptions<Context = undefined> = Omit<ServerOptions<Context>, "addresses">;

/** Running test server. Disposing it cancels open calls and removes the socket. */
export interface TestServer extends AsyncDisposable {
  /** Target for a client, like `unix:/tmp/grpc-a1B2c3/socket`. */
  readonly target: string;
  readonly server: GrpcServer;
}

/**
 * Starts a server on a new Unix domain socket, or on a named pipe on Windows, so that it needs no port.
 *
 *     await using server = await startTestServer({ services: [bindService(EchoService, new EchoServicer())] });
 *     await using client = new EchoClient(server.target);
 *
 * @throws TypeError that lists every unknown or invalid option.
 */
export async function startTestServer<Context = undefined>(
  options: TestServerOptions<Context> & RequiredAuthorize<Context>,
): Promise<TestServer> {
  const { path, remove } = await createSocketPath();
  const target = `unix:${path}`;
  try {
    const server = createServer<Context>({ ...options, addresses: [target] });
    await server.start();
    return {
      target,
      server,
      async [Symbol.asyncDispose]() {
        // The second call cancels open calls, for which the first would wait.
        await Promise.all([server.shutdown(), server.shutdown()]);
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface SocketPath {
  readonly path: string;
  remove(): Promise<void>;
}

async function createSocketPath(): Promise<SocketPath> {
  if (process.platform === "win32") {
    return { path: `\\\\.\\pipe\\grpc-${randomUUID()}`, remove: async () => undefined };
  }
  const prefix = join(tmpdir(), "grpc-");
  const fits = Buffer.byteLength(`${prefix}XXXXXX/socket`) <= maxSocketPathBytes;
  const folder = await mkdtemp(fits ? prefix : "/tmp/grpc-");
  return { path: join(folder, "socket"), remove: () => rm(folder, { recursive: true, force: true }) };
}
