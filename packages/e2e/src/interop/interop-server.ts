/** Serves grpc.testing.TestService, with the flags of every server program in this repository. */
import { bindService } from "@hello/grpc-server";
import { runServer } from "@hello/grpc-server/run";
import { recordCompression } from "./request-compression.js";
import { TestServiceService } from "./test-service.js";
import { testServicer } from "./test-servicer.js";

// No standard case calls the first two methods, and a case requires that the third is unimplemented.
const { cacheableUnaryCall, halfDuplexCall, unimplementedCall, ...service } = TestServiceService;

await runServer({
  name: "interop-server",
  envPrefix: "INTEROP",
  version: "0.0.0",
  services: [bindService(service, testServicer)],
  interceptors: [recordCompression],
});
