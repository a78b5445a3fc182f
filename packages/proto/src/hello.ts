import { HelloService } from "../gen/hello_grpc_pb.js";
import { attachDescriptorSet } from "./descriptor-set.js";

attachDescriptorSet(HelloService);

// Listed by name, because Node's ESM loader cannot detect the exports of the generated files.
export { HelloClient, HelloService, type IHelloClient, type IHelloServer } from "../gen/hello_grpc_pb.js";
export { HelloRequest, HelloResponse } from "../gen/hello_pb.js";
