/** A client of the Hello service. */
export { type Greeting, HelloClient, type HelloClientOptions } from "./hello-client.js";
export type { Token } from "./rpc/bearer-token.js";
export type { CallOptions } from "./rpc/call-options.js";
export type { ChannelOptions } from "./rpc/channel-options.js";
export type { ClientOptions, KeepaliveOptions, ReconnectOptions } from "./rpc/client-options.js";
export type {
  BadRequest,
  DebugInfo,
  ErrorDetail,
  ErrorInfo,
  Help,
  LocalizedMessage,
  PreconditionFailure,
  QuotaFailure,
  RequestInfo,
  ResourceInfo,
  RetryInfo,
  UnknownDetail,
} from "./rpc/error-details.js";
export type { ServingStatus } from "./rpc/health.js";
export type { MetadataInit, ReceivedMetadata } from "./rpc/metadata.js";
export type { ParentCall } from "./rpc/parent-call.js";
export type { HedgingOptions, ResilienceOptions, RetryOptions } from "./rpc/resilience.js";
export { RpcError, type RpcErrorInit } from "./rpc/rpc-error.js";
export type { StreamOptions } from "./rpc/server-stream.js";
export type { HedgingPolicy, MethodConfig, RetryPolicy, RetryThrottling, ServiceConfig } from "./rpc/service-config.js";
export type { StatusName } from "./rpc/status.js";
export type { TlsOptions } from "./rpc/transport-security.js";
