import { inspect } from "node:util";
import { type Example, toCode } from "./catalogue.js";

/** Runs an action that must fail, and returns its error as an example. */
export async function catchError(cause: string, action: () => unknown): Promise<Example> {
  try {
    await action();
  } catch (error) {
    return { cause, message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
  throw new Error(`no error: ${cause}`);
}

/** Runs an action with each of several values, on all of which it must fail. */
export async function catchErrors<Value>(
  values: readonly Value[],
  action: (value: Value) => unknown,
  format: (value: Value) => string = formatCode,
): Promise<Example[]> {
  const examples: Example[] = [];
  for (const value of values) {
    examples.push(await catchError(format(value), () => action(value)));
  }
  return examples;
}

/** Formats a value as code on one line. */
export function formatCode(value: unknown): string {
  return toCode(inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 9 }).replace(/\n */g, " "));
}
