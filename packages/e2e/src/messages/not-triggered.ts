import type { Chapter, Example } from "./catalogue.js";

/** Messages that this page's test does not trigger, in the form of the source, by the reason why. */
const reasons: Readonly<Record<string, readonly string[]>> = {
  "needs a host without a name server": ["the host name does not resolve because no name server answers"],
  "needs an unprivileged user": [
    "permission denied; ports below 1024 require privileges",
    "permission denied: cannot create a socket in …",
  ],
  "needs a machine that runs out of memory": ["failed to accept a connection"],
  "needs a machine that runs out of file watches": ["cannot watch a folder: polling its files instead"],
  "needs a worker that runs out of file descriptors": ["a connection was lost because no file descriptor was free"],
  "needs a worker that exits before it serves, without an error": ["exited with status …"],
  "needs a client that ends its handshake with a TLS alert, as Python's does": ["the client aborted the handshake: …"],
  "needs a client certificate that is self-signed and valid for clients": ["the client's certificate is self-signed"],
  "needs a connection that ends at the moment of a call": [
    "cannot read the client's certificate: the connection is closed",
  ],
  "needs installations with and without a package: see xds.test.ts": [
    "@grpc/grpc-js-xds uses another copy of @grpc/grpc-js, … in …; install one for both",
    "xds needs the package @grpc/grpc-js-xds, which cannot be loaded: …",
  ],
  "is a safeguard against other versions of Node": [
    "cannot parse the alternative names of a certificate: …",
    "failed to send the metadata: …",
    "the server is not listening",
    "failed to check watched files",
  ],
  "is a safeguard against other versions of grpc-js": [
    "failed to decompress the response",
    "the client did not acknowledge SETTINGS",
  ],
};

/** Lists the messages that no test triggers. */
export function listNotTriggered(): Chapter {
  const examples: Example[] = Object.entries(reasons).flatMap(([cause, messages]) =>
    messages.map((message) => ({ cause, message })),
  );
  const text = "The test of this page cannot trigger these. `…` stands for a value.";
  return {
    title: "Not triggered",
    text,
    sections: [{ title: "", text: "", columns: ["reason", "message"], examples }],
  };
}
