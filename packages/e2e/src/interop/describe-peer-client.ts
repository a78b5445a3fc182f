import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { run } from "@hello/testing/program";
import { Disposables } from "../disposables.js";
import { startRelay } from "../tcp-relay.js";
import { clientCases } from "./client-cases.js";
import { assertCompressed, compressionCases } from "./compression-cases.js";
import { type InteropServer, startOurServer } from "./interop-server-process.js";
import type { TlsFiles } from "./tls-files.js";

/** Client for {@link describePeerClient}. */
export interface PeerClient {
  /** Name in the titles of the tests, such as "Ruby's client". */
  readonly name: string;
  readonly skip: string | false;
  /** Names of the standard cases that the client supports. */
  readonly cases: readonly string[];
  readonly createTls: () => Promise<TlsFiles & AsyncDisposable>;
  /** Builds the command that runs a case. The command fails, or prints "OK" at the end. */
  readonly command: (name: string, port: number, tls: TlsFiles | undefined) => readonly [string, ...string[]];
}

/**
 * Cases that grpcio and grpc-go support. Unlike Ruby's client, they cannot compress only one of two requests of a call,
 * which client_compressed_streaming requires.
 */
export const casesOfPeers = [...Object.keys(clientCases), ...Object.keys(compressionCases)].filter(
  (name) => name !== "client_compressed_streaming",
);

/** Total size of the responses that our server must not compress, for cases in which it must compress the others. */
const uncompressedBytes: Readonly<Record<string, number>> = {
  server_compressed_unary: 314_159,
  server_compressed_streaming: 92_653,
};

/** Defines a test of a client against our server for each of its cases, in plain text and over TLS. */
export function describePeerClient({ name: client, skip, cases, createTls, command }: PeerClient): void {
  for (const transport of ["in plain text", "over TLS"]) {
    describe(`${client} and our server ${transport}`, { skip, concurrency: 2 }, () => {
      let tls: TlsFiles | undefined;
      let server: InteropServer;
      const resources = new Disposables();
      before(async () => {
        tls = transport === "over TLS" ? resources.use(await createTls()) : undefined;
        server = resources.use(await startOurServer(tls));
      });
      after(() => resources.disposeAll());

      for (const name of cases) {
        test(`pass ${name}`, async () => {
          await using relay = await startRelay(`127.0.0.1:${server.port}`);
          const { status, stdout, stderr } = await run(command(name, relay.port, tls));
          assert.equal(status, 0, stdout + stderr);
          assert.match(stdout, /OK.*\n$/);
          const uncompressed = uncompressedBytes[name];
          if (uncompressed !== undefined) {
            assertCompressed(relay.sentBytes, uncompressed);
          }
        });
      }
    });
  }
}
