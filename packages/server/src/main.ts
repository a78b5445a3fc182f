#!/usr/bin/env node
import { runServer } from "@hello/grpc-server/run";
import { bindServices } from "./services.js";

await runServer({ name: "hello-server", envPrefix: "HELLO", services: bindServices() });
