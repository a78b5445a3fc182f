// Preloaded (--import), this starts an SDK with OpenTelemetry's automatic instrumentation of gRPC. It never shuts the SDK
// down.
import { register } from "node:module";
import { GrpcInstrumentation } from "@opentelemetry/instrumentation-grpc";
import { NodeSDK } from "@opentelemetry/sdk-node";

register("@opentelemetry/instrumentation/hook.mjs", import.meta.resolve("@opentelemetry/instrumentation-grpc"));
new NodeSDK({ autoDetectResources: false, instrumentations: [new GrpcInstrumentation()] }).start();
