/** Server with only grpc-js and the generated code, as in most tutorials. Prints its port. */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { HelloResponse, HelloService } from "@hello/proto";

const server = new Server();
server.addService(HelloService, {
  hello(call, callback) {
    callback(null, new HelloResponse().setValue(`Hello ${call.request.getValue()}`));
  },
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log(port);
});
