import { parseArgs } from "node:util";

/** A setting of a program; one without a placeholder is a switch. */
export interface Option {
  /** What it means, in a few words, with its unit. */
  readonly help: string;
  /** What stands for its value in the help, like `ms`. */
  readonly placeholder?: string;
  /** What is meant where it is not given, for the help. */
  readonly default?: string;
  /** Whether it may be given more than once. */
  readonly repeatable?: boolean;
  /** Whether an environment variable gives it too: it says how to do a thing, rather than what to do. */
  readonly variable?: boolean;
}

/** The settings of a program, by their flags without dashes. */
export type OptionTable = Readonly<Record<string, Option>>;

/** What was given for each setting: its texts, and whence they are, for messages. */
export type GivenOptions<Table extends OptionTable> = Partial<Record<keyof Table, GivenOption>>;

/** What was given for a setting, where a switch is on or a value there. */
export interface GivenOption {
  readonly texts: readonly string[];
  /** The flag or the variable. */
  readonly source: string;
}

/** Every mistake that was made in a command line and its environment. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
  }
}

/** A command line, not yet understood. */
export interface GivenArguments<Table extends OptionTable> {
  readonly given: GivenOptions<Table>;
  readonly positionals: readonly string[];
  readonly mistakes: readonly string[];
}

/** Reads flags and variables; a flag wins over its variable, and an empty variable counts as unset. */
export function readArguments<Table extends OptionTable>(
  table: Table,
  { prefix, argv, env }: { prefix: string; argv: readonly string[]; env: NodeJS.ProcessEnv },
): GivenArguments<Table> {
  const options = new Map(Object.entries<Option>(table));
  const given = new Map<string, GivenOption>();
  const mistakes: string[] = [];
  for (const [flag, option] of options) {
    const variable = variableOf(flag, prefix);
    const text = option.variable ? env[variable] || undefined : undefined;
    if (text === undefined || (!option.placeholder && text === "false")) {
      continue;
    }
    if (!option.placeholder && text !== "true") {
      mistakes.push(`${variable} must be true or false, not "${text}"`);
    }
    given.set(flag, { texts: option.repeatable ? text.split(",") : [text], source: variable });
  }
  const flags = new Map<string, string[]>();
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      [...options].map(([flag, { placeholder }]) => [flag, { type: placeholder ? "string" : "boolean" } as const]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== "option") {
      continue;
    }
    const { name, rawName, value } = token;
    const option = options.get(name);
    if (option === undefined) {
      mistakes.push(`unknown option ${rawName}`);
    } else if (option.placeholder === undefined) {
      if (value !== undefined) {
        mistakes.push(`${rawName} takes no value, so not "${value}"`);
      }
      flags.set(name, ["true"]);
    } else if (value === undefined || (!token.inlineValue && value.startsWith("-"))) {
      mistakes.push(`${rawName} needs a value: ${rawName} <${option.placeholder}>`);
    } else {
      flags.set(name, [...((option.repeatable && flags.get(name)) || []), value]);
    }
  }
  for (const [flag, texts] of flags) {
    given.set(flag, { texts, source: `--${flag}` });
  }
  return { given: Object.fromEntries(given) as GivenOptions<Table>, positionals, mistakes };
}

/** Describes every option for the help, in 80 columns. */
export function describeOptions(table: OptionTable, prefix: string): string {
  return Object.entries(table)
    .map(([flag, { help, placeholder, default: value, repeatable, variable }]) => {
      const meaning = help + (repeatable ? "; repeatable" : "");
      const also = [variable ? variableOf(flag, prefix) : "", value ? `default ${value}` : ""].filter(Boolean);
      const lines = [meaning, ...(also.length > 0 ? [also.join(", ")] : [])].map(wrap);
      return `  --${flag}${placeholder ? ` <${placeholder}>` : ""}\n${lines.join("\n")}\n`;
    })
    .join("");
}

function variableOf(flag: string, prefix: string): string {
  return `${prefix}_${flag}`.replaceAll("-", "_").toUpperCase();
}

function wrap(text: string): string {
  return text.replace(/(?![^\n]{1,72}$)([^\n]{1,72})\s/g, "$1\n").replace(/^/gm, "        ");
}
