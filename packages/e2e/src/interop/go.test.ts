/** Tests interoperability with Debian's grpc-go, by a client and a server in this repository. */
import { describeOurClient } from "./describe-our-client.js";
import { casesOfPeers, describePeerClient } from "./describe-peer-client.js";
import { useGoProgram } from "./go-program.js";
import { startPeerServer } from "./interop-server-process.js";
import { createTlsFiles } from "./tls-files.js";

const { program, skip } = useGoProgram();

describePeerClient({
  name: "Go's client",
  skip,
  cases: casesOfPeers,
  createTls: createTlsFiles,
  command: (names, port, tls) => [
    program,
    ...["client", names.join(","), String(port)],
    ...(tls ? [tls.caFile, tls.serverName] : []),
  ],
});

describeOurClient({
  name: "Go's server",
  skip,
  createTls: createTlsFiles,
  start: (tls) => startPeerServer([program, "server", ...(tls ? [tls.certFile, tls.keyFile] : [])]),
});
