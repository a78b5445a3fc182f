/** The Hello service, for programs and tests that run it in their own process. */
export { hello } from "./hello.js";
export { HelloServicer } from "./hello-servicer.js";
export { createHelloServer, type HelloServerOptions } from "./server.js";
