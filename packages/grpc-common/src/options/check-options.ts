import { reasonOf } from "../reason-of.js";
import type { Option } from "./option.js";

/** Default and check of each option that can be given in code. */
export type CheckTable<Values> = {
  readonly [Name in keyof Values]: Pick<Option<Values[Name]>, "default" | "check">;
};

/** Options of which each may be left out or undefined. */
export type Optional<Values> = { readonly [Name in keyof Values]?: Values[Name] | undefined };

/**
 * Completes options that are given in code: one that is left out or undefined has its default.
 *
 * @throws TypeError that names every mistake, unknown options included.
 */
export function checkOptions<Values>(table: CheckTable<Values>, given: object): Values {
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { default: value }] of Object.entries<CheckTable<Values>[keyof Values]>(table)) {
    values[name] = value;
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(table, name)) {
      mistakes.push(`unknown option ${name}`);
    } else if (value !== undefined) {
      try {
        table[name as keyof Values].check(value);
        values[name] = value;
      } catch (error) {
        mistakes.push(describeMistake(name, error));
      }
    }
  }
  if (mistakes.length > 0) {
    throw new TypeError(mistakes.join("\n"));
  }
  return values as Values;
}

/** Names the option that a mistake is in: `timeoutMs must be …`, or `--address: invalid address …`. */
export function describeMistake(name: string, error: unknown): string {
  const reason = reasonOf(error);
  return reason.startsWith("must ") ? `${name} ${reason}` : `${name}: ${reason}`;
}
