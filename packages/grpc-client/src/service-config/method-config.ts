import { parseMethodPath } from "@hello/grpc-common";
import type { MethodConfig, ServiceConfig } from "./service-config.js";

/** Returns the config in a service config that applies to a method: the one with the most specific name. */
export function methodConfigFor({ methodConfig = [] }: ServiceConfig, path: string): MethodConfig | undefined {
  const { service, method } = parseMethodPath(path);
  const names = methodConfig.flatMap((config) => config.name.map((name) => ({ ...name, config })));
  const found =
    names.find((name) => name.service === service && name.method === method) ??
    names.find((name) => name.service === service && !name.method) ??
    names.find((name) => !name.service);
  return found?.config;
}
