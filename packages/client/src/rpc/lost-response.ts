import { type StatusObject, status } from "@grpc/grpc-js";
import type { ServiceConfig } from "./service-config.js";

/** How grpc-js says that a connection ended under a call. */
const lostConnection = /^(?:Connection dropped|(?:read|write) E[A-Z]+)$/;

/** Whether a call failed because its connection ended, and not by the server's word. */
export function isConnectionLost({ code, details }: StatusObject): boolean {
  return code === status.UNAVAILABLE && lostConnection.test(details);
}

/** Whether a method's calls are made again when they end with UNAVAILABLE. */
export function retriesUnavailable({ methodConfig = [] }: ServiceConfig, path: string): boolean {
  const [, service = "", method = ""] = path.split("/");
  const names = methodConfig.flatMap((config) => config.name.map((name) => ({ ...name, config })));
  // The most specific name decides.
  const { config } =
    names.find((name) => name.service === service && name.method === method) ??
    names.find((name) => name.service === service && !name.method) ??
    names.find((name) => !name.service) ??
    {};
  const statuses = config?.retryPolicy?.retryableStatusCodes ?? config?.hedgingPolicy?.nonFatalStatusCodes ?? [];
  return statuses.includes("UNAVAILABLE");
}
