import assert from "node:assert/strict";
import { test } from "node:test";
import { requestsGrpcJsLog } from "./grpc-js-log.js";

test("reads both variables of grpc-js, of which GRPC_NODE_VERBOSITY takes precedence", () => {
  assert.equal(requestsGrpcJsLog({}), false);
  assert.equal(requestsGrpcJsLog({ GRPC_VERBOSITY: "ERROR" }), true);
  assert.equal(requestsGrpcJsLog({ GRPC_NODE_VERBOSITY: "ERROR" }), true);
  assert.equal(requestsGrpcJsLog({ GRPC_NODE_VERBOSITY: "", GRPC_VERBOSITY: "ERROR" }), false);
});
