import { join } from "node:path";
import type { ServiceDefinition } from "@grpc/grpc-js";

/** Attaches the path of this package's descriptor set to a service, for server reflection. */
export function attachDescriptorSet(service: ServiceDefinition): void {
  Object.defineProperty(service, Symbol.for("grpc.descriptorSet"), {
    // A getter, because `__dirname` does not exist in a bundle that is an ES module.
    get: () => join(__dirname, "../gen/descriptors.binpb"),
  });
}
