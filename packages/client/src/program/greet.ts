import { once } from "node:events";
import { fstatSync } from "node:fs";
import { Readable } from "node:stream";
import { type ProgramContext, UsageError } from "@hello/grpc-client/program";
import type { HelloClient } from "../hello-client.js";
import { showProgress } from "./progress.js";
import { InputError, readLines } from "./read-lines.js";

/** Number of concurrent calls. A higher number is not faster. */
const concurrency = 64;

interface Name {
  readonly text: string;
  /** Line number in standard input, starting at 1. */
  readonly line?: number;
}

/**
 * Prints a greeting for each name, one per line, in order. The name `-` stands for the lines of standard input. Stops at
 * the first failure.
 *
 * @throws RpcError if a call fails. For a name from standard input, an Error with the line number and the RpcError as its
 * cause.
 * @throws InputError if standard input is not UTF-8 text.
 * @throws UsageError if `-` occurs more than once.
 */
export async function greet(
  client: HelloClient,
  args: readonly string[],
  { callOptions, json, output }: ProgramContext,
): Promise<void> {
  const names = args.length > 0 ? args : ["World"];
  if (names.filter((name) => name === "-").length > 1) {
    throw new UsageError('the name "-" is allowed only once');
  }
  const progress = names.includes("-") && !process.stdin.isTTY ? showProgress(process.stderr, "names") : undefined;
  // Greetings that arrive in the same turn of the event loop share one write.
  let text = "";
  const flush = () => {
    const print = () => output.write(text);
    if (progress && output.isTTY) {
      progress.printAbove(print);
    } else {
      print();
    }
    text = "";
  };
  const greetOne = async (name: Name) => {
    try {
      return { name: name.text, greeting: await client.hello(name.text, callOptions) };
    } catch (error) {
      throw name.line === undefined
        ? error
        : new Error(`line ${name.line}: ${(error as Error).message}`, { cause: error });
    }
  };
  try {
    for await (const result of Readable.from(expandNames(names)).map(greetOne, { concurrency })) {
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

async function* expandNames(names: readonly string[]): AsyncGenerator<Name> {
  for (const text of names) {
    if (text === "-") {
      // Node reads a directory as empty input.
      if (!process.stdin.isTTY && fstatSync(process.stdin.fd).isDirectory()) {
        throw new InputError("standard input is a directory");
      }
      yield* readLines(process.stdin);
    } else {
      yield { text };
    }
  }
}
