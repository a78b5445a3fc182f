import type { MethodConfig, ServiceConfig } from "./service-config.js";

/** What a service config says of a method: the most specific name decides. */
export function methodConfigFor({ methodConfig = [] }: ServiceConfig, path: string): MethodConfig | undefined {
  const [, service = "", method = ""] = path.split("/");
  const names = methodConfig.flatMap((config) => config.name.map((name) => ({ ...name, config })));
  const found =
    names.find((name) => name.service === service && name.method === method) ??
    names.find((name) => name.service === service && !name.method) ??
    names.find((name) => !name.service);
  return found?.config;
}
