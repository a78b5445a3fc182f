/** Cases that our client cannot pass against some servers. */
export interface KnownFailure {
  readonly servers: readonly string[];
  readonly cases: readonly string[];
  /** Properties of the error with which the cases fail. */
  readonly error: { readonly status: string } | { readonly code: "ERR_ASSERTION" };
  readonly reason: string;
  readonly upstream: string;
}

const compressedRequests = ["client_compressed_unary", "client_compressed_streaming"];
const compressedResponses = ["server_compressed_unary", "server_compressed_streaming"];

/** Cases that are expected to fail. A test fails if its case passes, so that the list stays current. */
const knownFailures: readonly KnownFailure[] = [
  {
    servers: ["our server", "Go's server"],
    cases: ["client_compressed_streaming"],
    error: { status: "INVALID_ARGUMENT" },
    reason: "grpc-js compresses all requests of a channel or none, and the case requires one of two",
    upstream: "https://github.com/grpc/grpc-node/pull/1952 (merged: compression per channel)",
  },
  {
    servers: ["Ruby's server"],
    cases: [...compressedRequests, ...compressedResponses],
    error: { code: "ERR_ASSERTION" },
    reason: "the server ignores the fields of a request about compression",
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

/** Returns the known failure that covers a case, or undefined. */
export function findKnownFailure(server: string, name: string): KnownFailure | undefined {
  return knownFailures.find(({ servers, cases }) => servers.includes(server) && cases.includes(name));
}
