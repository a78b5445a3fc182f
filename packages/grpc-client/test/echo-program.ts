import { runClientProgram, UsageError } from "../src/program/run-client-program.js";
import { EchoClient } from "./echo-client.js";

await runClientProgram({
  name: "echo-client",
  envPrefix: "ECHO",
  usage: "[options] [value...]",
  description: "Prints each value that the server returns.",
  defaultTarget: "localhost:50051",
  version: "1.2.3",
  createClient: (target, options) => new EchoClient(target, options),
  async run(client, values, { callOptions, json, output }) {
    if (values.length === 0) {
      throw new UsageError("a value is missing");
    }
    for (const value of values) {
      const response = await client.echo(value, callOptions);
      output.write(`${json ? JSON.stringify(response) : response}\n`);
    }
  },
});
