import { type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { methodConfigFor } from "./method-config.js";
import type { ServiceConfig } from "./service-config.js";
import { originOf } from "./status-origin.js";

/** How grpc-js says that a connection ended under a call. */
const lostConnection = /^(?:Connection dropped|(?:read|write) E[A-Z]+)$/;

/**
 * Whether a call failed because its connection ended. A server that says so in the very words of grpc-js, after headers
 * and with no other trailer, cannot be told from that.
 */
export function isConnectionLost(failed: StatusObject, headers: Metadata | undefined): boolean {
  const { code, details } = failed;
  return code === status.UNAVAILABLE && lostConnection.test(details) && originOf(failed, headers) !== "server";
}

/** Whether a method's calls are made again when they end with UNAVAILABLE. */
export function retriesUnavailable(serviceConfig: ServiceConfig, path: string): boolean {
  const { retryPolicy, hedgingPolicy } = methodConfigFor(serviceConfig, path) ?? {};
  const statuses = retryPolicy?.retryableStatusCodes ?? hedgingPolicy?.nonFatalStatusCodes ?? [];
  return statuses.includes("UNAVAILABLE");
}
