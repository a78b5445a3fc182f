/** grpc-go, as Debian installs it, with a client and a server of our own. */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { describeOurClient } from "./describe-our-client.js";
import { casesOfOurPeers, describePeerClient } from "./describe-peer-client.js";
import { startPeerServer } from "./interop-server-process.js";
import { createTlsFiles } from "./tls-files.js";

const { program: go, skip, env } = requires("golang-google-grpc-dev");

const folder = mkdtempSync(join(tmpdir(), "hello-interop-"));
const program = join(folder, "interop");

before(async () => {
  if (skip === false) {
    const { status, stderr } = await run([go, "build", "-o", program, "."], {
      cwd: fileURLToPath(new URL("go", import.meta.url)),
      env,
    });
    assert.equal(status, 0, stderr);
  }
});
after(() => rm(folder, { recursive: true }));

describePeerClient({
  name: "Go's client",
  skip,
  cases: casesOfOurPeers,
  createTls: createTlsFiles,
  command: (name, port, tls) => [
    program,
    ...["client", name, String(port)],
    ...(tls ? [tls.caFile, tls.serverName] : []),
  ],
});

describeOurClient({
  name: "Go's server",
  skip,
  createTls: createTlsFiles,
  start: (tls) => startPeerServer([program, "server", ...(tls ? [tls.certFile, tls.keyFile] : [])]),
});
