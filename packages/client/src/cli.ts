#!/usr/bin/env node
import { runClientProgram } from "@hello/grpc-client/program";
import { greet } from "./cli/greet.js";
import { HelloClient } from "./hello-client.js";

await runClientProgram({
  name: "hello-client",
  envPrefix: "HELLO",
  usage: "[options] [name...]\n       hello-client --health [--watch] [options] [service]",
  description:
    "Prints the greeting for each name, one a line; without a name, that for World.\n" +
    "For the name - it reads names from standard input, one a line, as UTF-8.",
  defaultTarget: "localhost:50051",
  createClient: (target, options) => new HelloClient(target, options),
  run: greet,
});
