/** The Hello service, for programs and tests that run it in their own process. */
export { hello } from "./hello.js";
export { HelloServicer } from "./hello-servicer.js";
export { badRequest } from "./rpc/bad-request.js";
export type { CertificateFiles } from "./rpc/certificate-files.js";
export type { PeerIdentity, SubjectAltNames } from "./rpc/peer-identity.js";
export { ServerCall } from "./rpc/server-call.js";
export type { Servicer } from "./rpc/servicer.js";
export { StatusError, type StatusErrorOptions } from "./rpc/status-error.js";
export type { UnaryHandler } from "./rpc/unary.js";
export { createHelloServer, type HelloServer, type HelloServerOptions } from "./server.js";
