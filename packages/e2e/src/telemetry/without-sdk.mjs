// Preloaded (--import), this makes imports of the OpenTelemetry SDK fail as if it were not installed.
import { register } from "node:module";

const hooks = `export async function resolve(specifier, context, next) {
  if (specifier === "@opentelemetry/sdk-node") {
    throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: "ERR_MODULE_NOT_FOUND" });
  }
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
