#!/usr/bin/env node
import { runClientProgram } from "@hello/grpc-client/program";
import { HelloClient } from "./hello-client.js";
import { greet } from "./program/greet.js";

await runClientProgram({
  name: "hello-client",
  envPrefix: "HELLO",
  usage: "[options] [name...]\n       hello-client --health [--watch] [options] [service]",
  description:
    "Prints a greeting for each name, one per line. The default name is World.\n" +
    "Pass the name - to read names from standard input, one per line, in UTF-8.",
  defaultTarget: "localhost:50051",
  createClient: (target, options) => new HelloClient(target, options),
  run: greet,
});
