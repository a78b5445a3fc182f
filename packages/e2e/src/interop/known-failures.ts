/** Case that our client cannot pass on a server. */
export interface KnownFailure {
  readonly servers: readonly string[];
  readonly cases: readonly string[];
  /** Properties of the error with which the case fails. */
  readonly error: { readonly status: string } | { readonly code: "ERR_ASSERTION" };
  readonly reason: string;
  readonly upstream: string;
}

const compressedRequests = ["client_compressed_unary", "client_compressed_streaming"];
const compressedResponses = ["server_compressed_unary", "server_compressed_streaming"];

/** Cases that are expected to fail. The test of one that passes nevertheless fails, so that the list stays current. */
const knownFailures: readonly KnownFailure[] = [
  {
    servers: ["our server", "Go's server"],
    cases: ["client_compressed_streaming"],
    error: { status: "INVALID_ARGUMENT" },
    reason: "the option of grpc-js compresses all requests of a channel, and the case wants one of two",
    upstream: "https://github.com/grpc/grpc-node/pull/1952 (merged: compression per channel)",
  },
  {
    servers: ["Ruby's server"],
    cases: [...compressedRequests, ...compressedResponses],
    error: { code: "ERR_ASSERTION" },
    reason: "the server ignores what a request says about compression",
    upstream: "https://github.com/grpc/grpc/pull/7347 (merged: for the client, unimplemented on the Ruby server)",
  },
  {
    servers: ["Python's server"],
    cases: compressedRequests,
    error: { code: "ERR_ASSERTION" },
    reason: "grpcio does not tell a server whether a request was compressed",
    upstream: "https://github.com/grpc/grpc-java/issues/3195 (closed: only the server in C++ is expected to know)",
  },
  {
    servers: ["Go's server"],
    cases: compressedResponses,
    error: { code: "ERR_ASSERTION" },
    reason: "grpc-go 1.33 compresses a response if the request was compressed",
    upstream: "https://github.com/grpc/grpc-go/issues/1357 (open)",
  },
];

/** Finds out whether a case is expected to fail. */
export function findKnownFailure(server: string, name: string): KnownFailure | undefined {
  return knownFailures.find(({ servers, cases }) => servers.includes(server) && cases.includes(name));
}
