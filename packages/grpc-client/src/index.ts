/** Runtime for gRPC clients. */
export type { CallOptions, HealthWatchOptions, StreamOptions } from "./calls/call-options.js";
export type { ServingStatus } from "./calls/health.js";
export type { Method } from "./calls/method.js";
export type { ParentCall } from "./calls/parent-call.js";
export type { Token } from "./channel/bearer-token.js";
export type { ChannelOptions } from "./channel/channel-options.js";
export { ClientChannel } from "./channel/client-channel.js";
export type { ClientOptions } from "./channel/client-options.js";
export type { TlsOptions } from "./channel/transport-security.js";
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
} from "./errors/error-details.js";
export { RpcError, type RpcErrorInit } from "./errors/rpc-error.js";
export type { StatusName } from "./errors/status-name.js";
export type { MetadataInit, ReceivedMetadata } from "./metadata/metadata.js";
export { ServiceClient } from "./service-client.js";
export type { HedgingOptions, ResilienceOptions, RetryOptions } from "./service-config/resilience-options.js";
export type {
  HedgingPolicy,
  MethodConfig,
  RetryPolicy,
  RetryThrottling,
  ServiceConfig,
} from "./service-config/service-config.js";
