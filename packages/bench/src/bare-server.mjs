/** What every tutorial ends with: grpc-js, the generated code, and nothing else. Prints its port. */
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
