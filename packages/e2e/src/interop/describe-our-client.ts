import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { ClientOptions } from "@hello/grpc-client";
import { clientCases } from "./client-cases.js";
import { compressionCases, type MeasuredServer } from "./compression-cases.js";
import { startCountingProxy } from "./counting-proxy.js";
import { Disposables } from "./disposables.js";
import { InteropClient } from "./interop-client.js";
import type { StartServer } from "./interop-server-process.js";
import { findKnownFailure } from "./known-failures.js";
import type { TlsFiles } from "./tls-files.js";

/** Server of {@link describeOurClient}. */
export interface PeerServer {
  /** Name in the titles of the tests, like "Ruby's server". */
  readonly name: string;
  readonly skip?: string | false;
  readonly start: StartServer;
  readonly createTls: () => Promise<TlsFiles & AsyncDisposable>;
}

/** Defines a test of our client for each standard case and for plain text and TLS. */
export function describeOurClient({ name: server, skip = false, start, createTls }: PeerServer): void {
  for (const transport of ["plain text", "TLS"]) {
    describe(`our client on ${server} over ${transport}`, { skip }, () => {
      let measured: MeasuredServer;
      const resources = new Disposables();
      before(async () => {
        const tls = transport === "TLS" ? resources.use(await createTls()) : undefined;
        const { port } = resources.use(await start(tls));
        const proxy = resources.use(await startCountingProxy(port));
        const credentials = tls && { tls: { ca: readFileSync(tls.caFile), serverName: tls.serverName } };
        measured = {
          client: (options: ClientOptions = {}) =>
            resources.use(
              new InteropClient(`127.0.0.1:${proxy.port}`, { timeoutMs: 60_000, ...credentials, ...options }),
            ),
          get sentBytes() {
            return proxy.sentBytes;
          },
        };
      });
      after(() => resources.end());

      const cases = [
        ...Object.entries(clientCases).map(([name, run]) => [name, () => run(measured.client())] as const),
        ...Object.entries(compressionCases).map(([name, run]) => [name, () => run(measured)] as const),
      ];
      for (const [name, run] of cases) {
        const failure = findKnownFailure(server, name);
        const title = `our client on ${server}: ${name} over ${transport}`;
        if (failure === undefined) {
          test(title, run);
        } else {
          test(`${title} fails: ${failure.reason}`, async (t) => {
            t.diagnostic(failure.upstream);
            await assert.rejects(run(), failure.error);
          });
        }
      }
    });
  }
}
