import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { ClientOptions } from "@hello/grpc-client";
import { Disposables } from "../disposables.js";
import { startRelay } from "../tcp-relay.js";
import { clientCases } from "./client-cases.js";
import { compressionCases, type MeasuredServer } from "./compression-cases.js";
import { InteropClient } from "./interop-client.js";
import type { StartServer } from "./interop-server-process.js";
import { findKnownFailure } from "./known-failures.js";
import type { TlsFiles } from "./tls-files.js";

/** Server for {@link describeOurClient}. */
export interface PeerServer {
  /** Name in the titles of the tests, such as "Ruby's server". */
  readonly name: string;
  readonly skip?: string | false;
  readonly start: StartServer;
  readonly createTls: () => Promise<TlsFiles & AsyncDisposable>;
}

/** Defines a test of our client against a server for each standard case, in plain text and over TLS. */
export function describeOurClient({ name: server, skip = false, start, createTls }: PeerServer): void {
  for (const transport of ["in plain text", "over TLS"]) {
    describe(`our client and ${server} ${transport}`, { skip }, () => {
      let measured: MeasuredServer;
      const resources = new Disposables();
      before(async () => {
        const tls = transport === "over TLS" ? resources.use(await createTls()) : undefined;
        const { port } = resources.use(await start(tls));
        const relay = resources.use(await startRelay(`127.0.0.1:${port}`));
        const credentials = tls && { tls: { ca: readFileSync(tls.caFile), serverName: tls.serverName } };
        measured = {
          createClient: (options: ClientOptions = {}) =>
            resources.use(new InteropClient(relay.address, { timeoutMs: 60_000, ...credentials, ...options })),
          get sentBytes() {
            return relay.sentBytes;
          },
        };
      });
      after(() => resources.disposeAll());

      const cases = [
        ...Object.entries(clientCases).map(([name, run]) => [name, () => run(measured.createClient())] as const),
        ...Object.entries(compressionCases).map(([name, run]) => [name, () => run(measured)] as const),
      ];
      for (const [name, run] of cases) {
        const failure = findKnownFailure(server, name);
        if (failure === undefined) {
          test(`pass ${name}`, run);
        } else {
          test(`fail ${name}: ${failure.reason}`, async (t) => {
            t.diagnostic(failure.upstream);
            await assert.rejects(run(), failure.error);
          });
        }
      }
    });
  }
}
