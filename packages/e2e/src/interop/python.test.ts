/** Tests interoperability with Debian's grpcio, by a client and a server in this repository. */
import { fileURLToPath } from "node:url";
import { requires } from "@hello/testing/requires";
import { describeOurClient } from "./describe-our-client.js";
import { casesOfPeers, describePeerClient } from "./describe-peer-client.js";
import { startPeerServer } from "./interop-server-process.js";
import { descriptorFile } from "./test-service.js";
import { createTlsFiles } from "./tls-files.js";

const { program: python, skip } = requires("python3-grpcio");
const client = fileURLToPath(new URL("interop_client.py", import.meta.url));
const server = fileURLToPath(new URL("interop_server.py", import.meta.url));

describePeerClient({
  name: "Python's client",
  skip,
  cases: casesOfPeers,
  createTls: createTlsFiles,
  command: (names, port, tls) => [
    python,
    ...[client, names.join(","), String(port), descriptorFile],
    ...(tls ? [tls.caFile, tls.serverName] : []),
  ],
});

describeOurClient({
  name: "Python's server",
  skip,
  createTls: createTlsFiles,
  start: (tls) => startPeerServer([python, server, descriptorFile, ...(tls ? [tls.certFile, tls.keyFile] : [])]),
});
