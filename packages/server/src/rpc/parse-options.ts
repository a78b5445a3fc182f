import { parseArgs } from "node:util";
import type { Option, OptionTable } from "./options.js";

/** Every mistake that was made in a command line and its environment. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
  }
}

/** A row of the help: flag, variable, default and meaning of an option. */
export interface OptionDescription {
  readonly flag: string;
  readonly variable: string;
  readonly default: string;
  readonly help: string;
}

/** Describes every option, for the help and the documentation. */
export function describeOptions<Values>(table: OptionTable<Values>, prefix: string): OptionDescription[] {
  return entries(table).map(([name, option]) => ({
    flag: `--${flagOf(name, option)}${option.placeholder === undefined ? "" : ` <${option.placeholder}>`}`,
    variable: variableOf(name, option, prefix),
    default: String(option.default ?? "none"),
    help: option.help + (option.repeatable ? "; repeatable" : ""),
  }));
}

/**
 * Reads the settings of a program: a flag wins over its environment variable, and that over the default. An empty
 * variable counts as unset.
 *
 * @throws UsageError which names every mistake.
 */
export function parseOptions<Values>(
  table: OptionTable<Values>,
  { prefix, argv, env }: { prefix: string; argv: readonly string[]; env: NodeJS.ProcessEnv },
): Values {
  const mistakes: string[] = [];
  const flags = flagValues(table, argv, mistakes);
  const given = new Map<string, { readonly source: string; readonly texts: readonly string[] }>();
  for (const [name, option] of entries(table)) {
    const flag = flagOf(name, option);
    const variable = variableOf(name, option, prefix);
    const texts = flags.get(flag);
    const text = env[variable];
    if (texts !== undefined) {
      given.set(name, { source: `--${flag}`, texts });
    } else if (text) {
      given.set(name, {
        source: variable,
        texts: option.repeatable ? text.split(",").map((part) => part.trim()) : [text],
      });
    }
  }
  const values: Record<string, unknown> = {};
  for (const [name, option] of entries(table)) {
    const { source, texts } = given.get(name) ?? {};
    try {
      values[name] = texts === undefined ? option.default : option.parse(texts);
    } catch (error) {
      mistakes.push(`${source}: ${error instanceof Error ? error.message : error}`);
    }
    const missing = entries(table).filter(([other]) => option.needs?.includes(other) && !given.has(other));
    if (source !== undefined && missing.length > 0) {
      mistakes.push(`${source} needs ${missing.map(([name, option]) => `--${flagOf(name, option)}`).join(" and ")}`);
    }
  }
  if (mistakes.length > 0) {
    throw new UsageError(mistakes);
  }
  return values as Values;
}

/** What follows each flag on the command line. */
function flagValues<Values>(table: OptionTable<Values>, argv: readonly string[], mistakes: string[]) {
  const options = new Map(entries(table).map(([name, option]) => [flagOf(name, option), option]));
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      [...options].map(([flag, { placeholder }]) => [flag, { type: placeholder ? "string" : "boolean" } as const]),
    ),
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") {
      mistakes.push(`unexpected argument "${token.value}"`);
    }
    if (token.kind !== "option") {
      continue;
    }
    const option = options.get(token.name);
    if (option === undefined) {
      mistakes.push(`unknown option ${token.rawName}`);
    } else if (option.placeholder === undefined) {
      if (token.value !== undefined) {
        mistakes.push(`${token.rawName} takes no value`);
      }
      given.set(token.name, [String(!token.name.startsWith("no-"))]);
    } else if (token.value === undefined || (!token.inlineValue && token.value.startsWith("-"))) {
      mistakes.push(`${token.rawName} needs a value: ${token.rawName} <${option.placeholder}>`);
    } else if (option.repeatable) {
      given.set(token.name, [...(given.get(token.name) ?? []), token.value]);
    } else {
      given.set(token.name, [token.value]);
    }
  }
  return given;
}

function entries<Values>(table: OptionTable<Values>): [string, Option<unknown>][] {
  return Object.entries(table);
}

function flagOf(name: string, option: Option<unknown>): string {
  return option.flag ?? (option.default === true ? "no-" : "") + words(name).join("-");
}

function variableOf(name: string, option: Option<unknown>, prefix: string): string {
  return [prefix, ...words(option.flag ?? name)].join("_").replaceAll("-", "_").toUpperCase();
}

function words(name: string): string[] {
  return name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}
