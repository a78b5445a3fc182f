import { once } from "node:events";
import { fstatSync } from "node:fs";
import type { HelloClient } from "../hello-client.js";
import type { Connection } from "./command-line.js";
import { inOrder } from "./in-order.js";
import { showProgress } from "./progress-bar.js";
import { readLines } from "./read-lines.js";

/** How many calls are under way at once. More of them are not faster. */
const window = 64;

interface Name {
  readonly text: string;
  /** Which line of standard input it was. */
  readonly line?: number;
  /** Where that line ends, in bytes. */
  readonly end?: number;
}

/**
 * Prints a greeting a line for each name, in their order; the name `-` stands for the lines of standard input. It ends
 * with the first failure, and leaves the calls after that to themselves: one signal for all, to cancel them, costs every
 * call a walk over its listeners.
 *
 * @throws RpcError where a call fails, or an Error which names the line and has that as its cause.
 * @throws InputError where standard input is not text.
 */
export async function greet(
  client: HelloClient,
  names: readonly string[],
  { call, json, output }: Pick<Connection, "call" | "json"> & { readonly output: NodeJS.WriteStream },
): Promise<void> {
  const progress = names.includes("-") ? inputProgress() : undefined;
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
  try {
    const greetings = inOrder(eachName(names), window, (name) =>
      client.hello(name.text, call).then(
        (greeting) => ({ name, greeting }),
        (error: Error) => {
          throw name.line === undefined ? error : new Error(`line ${name.line}: ${error.message}`, { cause: error });
        },
      ),
    );
    for await (const { name, greeting } of greetings) {
      if (text === "") {
        setImmediate(flush);
      }
      text += `${json ? JSON.stringify({ name: name.text, greeting }) : greeting}\n`;
      progress?.advance(name.end);
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
      yield* readLines(process.stdin);
    } else {
      yield { text };
    }
  }
}

/** A progress bar, where there is a terminal for it and nobody types names into it. */
function inputProgress() {
  if (!process.stderr.isTTY || process.env["TERM"] === "dumb" || process.stdin.isTTY) {
    return undefined;
  }
  const input = fstatSync(0);
  return showProgress(process.stderr, { unit: "names", total: input.isFile() ? input.size : undefined });
}
