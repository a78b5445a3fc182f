/** Hello service, to run in your own process. */
export { hello } from "./hello.js";
export { HelloServicer } from "./hello-servicer.js";
export { createHelloServer, type HelloServerOptions } from "./server.js";
