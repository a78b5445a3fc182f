import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { run } from "@hello/testing/program";
import { clientCases } from "./client-cases.js";
import { assertCompressed, compressionCases } from "./compression-cases.js";
import { startCountingProxy } from "./counting-proxy.js";
import { Disposables } from "./disposables.js";
import { type InteropServer, startOurServer } from "./interop-server-process.js";
import type { TlsFiles } from "./tls-files.js";

/** Client of {@link describePeerClient}. */
export interface PeerClient {
  /** Name in the titles of the tests, like "Ruby's client". */
  readonly name: string;
  readonly skip: string | false;
  /** Names of the standard cases that it has. */
  readonly cases: readonly string[];
  readonly createTls: () => Promise<TlsFiles & AsyncDisposable>;
  /** Builds the command that runs a case: it fails, or prints "OK" at the end. */
  readonly command: (name: string, port: number, tls: TlsFiles | undefined) => readonly [string, ...string[]];
}

/**
 * Cases that grpcio and grpc-go can run. They cannot compress one of two requests of a call, as client_compressed_streaming
 * wants; Ruby's client can.
 */
export const casesOfOurPeers = [...Object.keys(clientCases), ...Object.keys(compressionCases)].filter(
  (name) => name !== "client_compressed_streaming",
);

/** Sizes of the responses that our server must not compress, of the cases in which it must compress the others. */
const uncompressedBytes: Readonly<Record<string, number>> = {
  server_compressed_unary: 314_159,
  server_compressed_streaming: 92_653,
};

/** Defines a test of a client on our server for each of its cases and for plain text and TLS. */
export function describePeerClient({ name: client, skip, cases, createTls, command }: PeerClient): void {
  for (const transport of ["plain text", "TLS"]) {
    describe(`${client} on our server over ${transport}`, { skip, concurrency: 2 }, () => {
      let tls: TlsFiles | undefined;
      let server: InteropServer;
      const resources = new Disposables();
      before(async () => {
        tls = transport === "TLS" ? resources.use(await createTls()) : undefined;
        server = resources.use(await startOurServer(tls));
      });
      after(() => resources.end());

      for (const name of cases) {
        test(`${client} on our server: ${name} over ${transport}`, async () => {
          await using proxy = await startCountingProxy(server.port);
          const { status, stdout, stderr } = await run(command(name, proxy.port, tls));
          assert.equal(status, 0, stdout + stderr);
          assert.match(stdout, /OK.*\n$/);
          const uncompressed = uncompressedBytes[name];
          if (uncompressed !== undefined) {
            assertCompressed(proxy.sentBytes, uncompressed);
          }
        });
      }
    });
  }
}
