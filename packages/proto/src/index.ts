/** Typed code that grpc-tools generates from the contracts. */
export {
  HelloClient,
  HelloRequest,
  HelloResponse,
  HelloService,
  type IHelloClient,
  type IHelloServer,
} from "./hello.js";
