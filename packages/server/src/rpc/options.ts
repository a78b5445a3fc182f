import { parseArgs } from "node:util";

/** One setting of a program: its meaning, its default, and how its text is read. */
export interface Option<Value> {
  /** What it means, in a few words, with its unit. */
  readonly help: string;
  /** What stands for its value in the help, like `ms`; an option without is a switch. */
  readonly placeholder?: string;
  /** Its flag, without dashes. Default: its name in kebab-case, after `no-` for a switch that is on by default. */
  readonly flag?: string;
  readonly default: Value;
  /**
   * Reads its value from what follows its flags, or from its variable, split at commas where `repeatable`.
   *
   * @throws TypeError which says what it should be.
   */
  readonly parse: (texts: readonly string[]) => Value;
  /** Whether the flag may be given more than once. */
  readonly repeatable?: boolean;
  /** The names of options that must be given with it. */
  readonly needs?: readonly string[];
}

/** The settings of a program, by name. */
export type OptionTable<Values> = { readonly [Name in keyof Values]: Option<Values[Name]> };

/** Every mistake that was made in a command line and its environment. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
  }
}

/** An option of a whole number from `min` to `max`. */
export function integer(
  help: string,
  {
    default: value,
    placeholder,
    min = 0,
    max = 2 ** 31 - 1,
  }: { default: number; placeholder: string; min?: number; max?: number },
): Option<number> {
  return {
    help,
    placeholder,
    default: value,
    parse([text = ""]) {
      const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      if (number >= min && number <= max) {
        return number;
      }
      throw new TypeError(`must be a whole number from ${min} to ${max}, not "${text}"`);
    },
  };
}

/** An option of one of several words. */
export function choice<Word extends string>(
  help: string,
  { default: value, placeholder, words }: { default: Word; placeholder: string; words: readonly Word[] },
): Option<Word> {
  return {
    help: `${help}: ${words.join(", ")}`,
    placeholder,
    default: value,
    parse([text = ""]) {
      const word = words.find((word) => word === text);
      if (word !== undefined) {
        return word;
      }
      throw new TypeError(`must be one of ${words.join(", ")}, not "${text}"`);
    },
  };
}

/** An option of any text, such as a path, with no default. */
export function text(
  help: string,
  { placeholder, needs }: { placeholder: string; needs: readonly string[] },
): Option<string | undefined> {
  return { help, placeholder, needs, default: undefined, parse: ([text]) => text };
}

/** A switch, on or off by default; its variable says `true` or `false`. */
export function toggle(help: string, value: boolean): Option<boolean> {
  return {
    help,
    default: value,
    parse([text = ""]) {
      if (text === "true" || text === "false") {
        return text === "true";
      }
      throw new TypeError(`must be true or false, not "${text}"`);
    },
  };
}

/** An option that may be given several times; `check` throws where one is wrong. */
export function list(
  help: string,
  {
    default: value,
    placeholder,
    flag,
    check,
  }: { default: readonly string[]; placeholder: string; flag: string; check: (text: string) => unknown },
): Option<readonly string[]> {
  return {
    help,
    placeholder,
    flag,
    default: value,
    repeatable: true,
    parse(texts) {
      for (const text of texts) {
        check(text);
      }
      return texts;
    },
  };
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
    } else if (token.value === undefined) {
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
