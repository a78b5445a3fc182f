import type { CheckedOption } from "./options.js";

/** What is needed of settings that are given in code, by name. */
export type CheckTable<Values> = {
  readonly [Name in keyof Values]: Pick<CheckedOption<Values[Name]>, "default" | "check">;
};

/**
 * Completes settings that are given in code: one that is left out or undefined has its default.
 *
 * @throws TypeError which names every mistake, unknown settings among them.
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
        mistakes.push(`${name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
  if (mistakes.length > 0) {
    throw new TypeError(mistakes.join("\n"));
  }
  return values as Values;
}
