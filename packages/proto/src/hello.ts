import { HelloService } from "../gen/hello_grpc_pb.js";
import { attachDescriptorSet } from "./descriptor-set.js";

attachDescriptorSet(HelloService);

// Node's ESM loader finds no names in the generated files, but these.
export { HelloClient, HelloService, type IHelloClient, type IHelloServer } from "../gen/hello_grpc_pb.js";
export { HelloRequest, HelloResponse } from "../gen/hello_pb.js";
