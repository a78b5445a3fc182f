import { join } from "node:path";
import type { ServiceDefinition } from "@grpc/grpc-js";

/** Attaches the path of this package's descriptor set to a service, for server reflection to find. */
export function attachDescriptorSet(service: ServiceDefinition): void {
  Object.defineProperty(service, Symbol.for("grpc.descriptorSet"), {
    // Computed when it is needed: a bundle as an ES module has no `__dirname`.
    get: () => join(__dirname, "../gen/descriptors.binpb"),
  });
}
