import { once } from "node:events";
import { fstatSync } from "node:fs";
import { Readable } from "node:stream";
import { type ProgramContext, UsageError } from "@hello/grpc-client/program";
import type { HelloClient } from "../hello-client.js";
import { showProgress } from "./progress.js";
import { InputError, readLines } from "./read-lines.js";

/** Number of calls in progress at once. More of them are not faster. */
const concurrency = 64;

interface Name {
  readonly text: string;
  /** Line of standard input, from 1. */
  readonly line?: number;
}

/**
 * Prints a greeting a line for each name, in their order; the name `-` stands for the lines of standard input. Ends with
 * the first failure.
 *
 * @throws RpcError if a call fails, or an Error that names the line and has that as its cause.
 * @throws InputError if standard input is not text.
 * @throws UsageError if `-` is there twice.
 */
export async function greet(
  client: HelloClient,
  args: readonly string[],
  { callOptions, json, output }: ProgramContext,
): Promise<void> {
  const names = args.length > 0 ? args : ["World"];
  if (names.filter((name) => name === "-").length > 1) {
    throw new UsageError("- can be given only once");
  }
  const progress = names.includes("-") && !process.stdin.isTTY ? showProgress(process.stderr, "names") : undefined;
  // The greetings of one turn of the event loop are written together.
  let text = "";
  const flush = () => {
    const print = () => output.write(text);
    if (progress && output.isTTY) {
      progress.above(print);
    } else {
      print();
    }
    text = "";
  };
  const call = async (name: Name) => {
    try {
      return { name: name.text, greeting: await client.hello(name.text, callOptions) };
    } catch (error) {
      throw name.line === undefined
        ? error
        : new Error(`line ${name.line}: ${(error as Error).message}`, { cause: error });
    }
  };
  try {
    for await (const result of Readable.from(eachName(names)).map(call, { concurrency })) {
      if (text === "") {
        setImmediate(flush);
      }
      text += `${json ? JSON.stringify(result) : result.greeting}\n`;
      progress?.advance();
      if (output.writableNeedDrain) {
        await once(output, "drain");
      }
    }
  } finally {
    flush();
    progress?.stop();
  }
}

async function* eachName(names: readonly string[]): AsyncGenerator<Name> {
  for (const text of names) {
    if (text === "-") {
      // Node takes a directory for an empty input.
      if (!process.stdin.isTTY && fstatSync(process.stdin.fd).isDirectory()) {
        throw new InputError("standard input is a directory");
      }
      yield* readLines(process.stdin);
    } else {
      yield { text };
    }
  }
}
