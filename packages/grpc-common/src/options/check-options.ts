import { reasonOf } from "../reason-of.js";
import type { Option } from "./option.js";

/** Default and check of each option that can be set in code. */
export type CheckTable<Values> = {
  readonly [Name in keyof Values]: Pick<Option<Values[Name]>, "default" | "check">;
};

/** Options that may each be missing or undefined. */
export type Optional<Values> = { readonly [Name in keyof Values]?: Values[Name] | undefined };

/**
 * Checks options set in code, and fills in the defaults of those that are missing or undefined.
 *
 * @throws TypeError that lists every invalid or unknown option.
 */
export function checkOptions<Values>(table: CheckTable<Values>, given: object): Values {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { default: value }] of Object.entries<CheckTable<Values>[keyof Values]>(table)) {
    values[name] = value;
  }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(table, name)) {
      problems.push(`unknown option "${name}"`);
    } else if (value !== undefined) {
      try {
        table[name as keyof Values].check(value);
        values[name] = value;
      } catch (error) {
        problems.push(describeProblem(name, error));
      }
    }
  }
  if (problems.length > 0) {
    throw new TypeError(problems.join("\n"));
  }
  return values as Values;
}

/** Prefixes an error with the name of its option: `timeoutMs must be …`, or `--address: invalid address …`. */
export function describeProblem(name: string, error: unknown): string {
  const reason = reasonOf(error);
  return reason.startsWith("must ") ? `${name} ${reason}` : `${name}: ${reason}`;
}
