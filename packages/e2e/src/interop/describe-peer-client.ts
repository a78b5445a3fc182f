import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Outcome, run } from "@hello/testing/program";
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
  /** Builds the command that runs cases, and prints "OK: " with the name of each case that passes. */
  readonly command: (
    names: readonly string[],
    port: number,
    tls: TlsFiles | undefined,
  ) => readonly [string, ...string[]];
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
  const isMeasured = (name: string) => uncompressedBytes[name] !== undefined;
  for (const transport of ["in plain text", "over TLS"]) {
    describe(`${client} and our server ${transport}`, { skip }, () => {
      let tls: TlsFiles | undefined;
      let server: InteropServer;
      let unmeasured: Outcome;
      const resources = new Disposables();
      before(async () => {
        tls = transport === "over TLS" ? resources.use(await createTls()) : undefined;
        server = resources.use(await startOurServer(tls));
        const names = cases.filter((name) => !isMeasured(name));
        unmeasured = await run(command(names, server.port, tls));
      });
      after(() => resources.disposeAll());

      for (const name of cases) {
        const assertPassed = ({ stdout, stderr }: Outcome) =>
          assert.match(stdout, new RegExp(`OK: ${name}\\b`), stdout + stderr);
        test(`pass ${name}`, async () => {
          if (!isMeasured(name)) {
            assertPassed(unmeasured);
            return;
          }
          await using relay = await startRelay(`127.0.0.1:${server.port}`);
          assertPassed(await run(command([name], relay.port, tls)));
          assertCompressed(relay.sentBytes, uncompressedBytes[name] ?? 0);
        });
      }
    });
  }
}
