/** Runtime for gRPC servers on @grpc/grpc-js. `runServer` is in `@hello/grpc-server/run`. */
export { Metadata, status } from "@grpc/grpc-js";
export type { AccessPolicy } from "./authorization/access-policy.js";
export {
  type AllowPrincipalsOptions,
  type AuthorizedCaller,
  allowPrincipals,
  type VerifiedToken,
} from "./authorization/allow-principals.js";
export type { Authorize } from "./authorization/authorize.js";
export { badRequest, type ErrorReason, errorInfo, type FieldViolation, retryInfo } from "./calls/error-details.js";
export type {
  BidiStreamHandler,
  ClientStreamHandler,
  ServerStreamHandler,
  UnaryHandler,
} from "./calls/handler-types.js";
export type { Compression, ServerCall } from "./calls/server-call.js";
export { type BoundService, bindService, type Servicer } from "./calls/servicer.js";
export { type AnyMessage, StatusError, type StatusErrorOptions } from "./calls/status-error.js";
export type { Limits } from "./limits.js";
export { createServer, type GrpcServer } from "./server.js";
export type { ServerOptions } from "./server-options.js";
export type { Health, ServingStatus } from "./services/health.js";
export type { ShutdownTimes } from "./shutdown.js";
export type { CertificateFiles } from "./tls/certificate-files.js";
export type { PeerIdentity, SubjectAltNames } from "./tls/peer-identity.js";
