/**
 * The typed code that grpc-tools generates from `hello.proto`, and the protocols that any gRPC service speaks beside
 * its own.
 *
 * The generated files assign their exports in one call, in which Node's ESM loader finds no names; it finds
 * those that are written out here.
 */
export {
  HelloClient,
  HelloService,
  type IHelloClient,
  type IHelloServer,
} from "../gen/hello_grpc_pb.js";
export { HelloRequest, HelloResponse } from "../gen/hello_pb.js";
export { type DescribedFile, describeContract, describeHealth } from "./describe-contract.js";
export {
  type HealthCheckRequest,
  type HealthCheckResponse,
  type HealthListRequest,
  type HealthListResponse,
  HealthService,
  ServingStatus,
} from "./health.js";
export {
  type ReflectionAnswer,
  type ReflectionQuery,
  type ReflectionRequest,
  type ReflectionResponse,
  reflectionService,
} from "./reflection.js";
export {
  type AnyMessage,
  badRequestDetail,
  encodeRichStatus,
  type FieldViolation,
  type RichStatus,
} from "./rich-status.js";
export { strictUtf8 } from "./strict-utf8.js";
