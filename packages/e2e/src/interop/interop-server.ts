/** Serves grpc.testing.TestService, with the flags of every server here. */
import { bindService } from "@hello/grpc-server";
import { runServer } from "@hello/grpc-server/run";
import { recordCompression } from "./request-compression.js";
import { TestServiceService } from "./test-service.js";
import { testServicer } from "./test-servicer.js";

// No standard case calls the first two, and one checks that the server does not have the third.
const { cacheableUnaryCall, halfDuplexCall, unimplementedCall, ...service } = TestServiceService;

await runServer({
  name: "interop-server",
  envPrefix: "INTEROP",
  version: "0.0.0",
  services: [bindService(service, testServicer)],
  interceptors: [recordCompression],
});
