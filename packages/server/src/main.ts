#!/usr/bin/env node
import { bindService, runServer } from "@hello/grpc-server/run";
import { HelloService } from "@hello/proto";
import { HelloServicer } from "./hello-servicer.js";

await runServer({
  name: "hello-server",
  envPrefix: "HELLO",
  services: [bindService(HelloService, new HelloServicer())],
});
