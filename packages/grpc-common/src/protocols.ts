import { join } from "node:path";
import { descriptorSetKey } from "./descriptors.js";

/*
 * Standard gRPC protocols, compiled by grpc-tools. Each is loaded on first use: loading all of them would double the
 * start-up time of a small program.
 */

type Health = typeof import("../gen/grpc/health/v1/health_pb.js") &
  typeof import("../gen/grpc/health/v1/health_grpc_pb.js");
type Reflection = typeof import("../gen/grpc/reflection/v1/reflection_pb.js") &
  typeof import("../gen/grpc/reflection/v1/reflection_grpc_pb.js");
type Status = typeof import("../gen/google/rpc/status_pb.js") &
  typeof import("google-protobuf/google/protobuf/any_pb.js");
type ErrorDetails = typeof import("../gen/google/rpc/error_details_pb.js") &
  typeof import("google-protobuf/google/protobuf/duration_pb.js");

/** Loads the service and messages of `grpc.health.v1`. */
export function loadHealthProtocol(): Health {
  const services = require("../gen/grpc/health/v1/health_grpc_pb.js");
  attachDescriptors(services.HealthService);
  return { ...services, ...require("../gen/grpc/health/v1/health_pb.js") };
}

/** Loads the service and messages of `grpc.reflection.v1` or `v1alpha`, which differ only in name. */
export function loadReflectionProtocol(version: "v1" | "v1alpha"): Reflection {
  const [services, messages] =
    version === "v1"
      ? [
          require("../gen/grpc/reflection/v1/reflection_grpc_pb.js"),
          require("../gen/grpc/reflection/v1/reflection_pb.js"),
        ]
      : [
          require("../gen/grpc/reflection/v1alpha/reflection_grpc_pb.js"),
          require("../gen/grpc/reflection/v1alpha/reflection_pb.js"),
        ];
  attachDescriptors(services.ServerReflectionService);
  return { ...services, ...messages };
}

/** Loads `google.rpc.Status` and `google.protobuf.Any`. */
export function loadStatusProtocol(): Status {
  return { ...require("../gen/google/rpc/status_pb.js"), ...require("google-protobuf/google/protobuf/any_pb.js") };
}

/** Loads the messages for status details, such as `google.rpc.BadRequest`, and `google.protobuf.Duration`. */
export function loadErrorDetailsProtocol(): ErrorDetails {
  return {
    ...require("../gen/google/rpc/error_details_pb.js"),
    ...require("google-protobuf/google/protobuf/duration_pb.js"),
  };
}

/** Attaches the compiled descriptors to a service, for server reflection. See descriptors.ts. */
function attachDescriptors(service: object): void {
  Object.defineProperty(service, descriptorSetKey, descriptorSet);
}

// Computed on use, because `__dirname` does not exist in a bundle in ES module format.
const descriptorSet: PropertyDescriptor = { get: () => join(__dirname, "..", "gen", "descriptors.binpb") };
