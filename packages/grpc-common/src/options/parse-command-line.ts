import type { Command, CommanderError } from "commander";
import { describeProblem } from "./check-options.js";
import { formatDefault, type NamedOption, nameOptions } from "./named-options.js";
import type { OptionTable } from "./option.js";

/** Command line and environment of a program. */
export interface CommandLine {
  /** Name of the program. */
  readonly name: string;
  /** Usage after the name, like `[options] [name...]`. Default `[options]`. */
  readonly usage?: string | undefined;
  /** Description at the top of the help. */
  readonly description: string;
  /** Text at the end of the help. */
  readonly epilogue?: string | undefined;
  /** Prefix of the environment variables, like `ACME` for `ACME_ADDRESS`. */
  readonly envPrefix: string;
  /** Text that `--version` prints. */
  readonly version: string;
  /** Arguments after the name of the program. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Allows arguments that are not options. Default false. */
  readonly positionals?: boolean | undefined;
}

/** Result of a command line: text to print, or values to run with. */
export type ParsedCommandLine<Values> =
  | { readonly action: "print"; readonly text: string }
  | {
      readonly action: "run";
      readonly values: Values;
      /** Arguments that are not options. */
      readonly args: readonly string[];
      /** Names of the options set by a flag or a variable. */
      readonly given: ReadonlySet<string>;
    };

/** Invalid command line or environment. Each line of the message is one problem. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Parses a command line. A flag overrides its environment variable, and the variable overrides the default. An empty
 * variable counts as unset.
 *
 * @throws UsageError that lists every invalid value, and the first unknown option or argument.
 * @throws Error if Node is too old to run the program.
 */
export function parseCommandLine<Values>(table: OptionTable<Values>, line: CommandLine): ParsedCommandLine<Values> {
  if (Number.parseInt(process.versions.node, 10) < 20) {
    throw new Error(`requires Node 20.19 or later, but this is ${process.versions.node}`);
  }
  const options = nameOptions(table, line.envPrefix);
  const texts = new Map<string, string[]>();
  let printed = "";
  const problems: string[] = [];
  const command = createCommand(options, line, (name, text) => texts.set(name, [...(texts.get(name) ?? []), text]));
  command.configureOutput({
    getOutHelpWidth: () => 80,
    writeOut: (text) => (printed += text),
    outputError: () => {},
  });
  try {
    command.parse(line.argv, { from: "user" });
  } catch (error) {
    if (printed !== "") {
      return { action: "print", text: printed };
    }
    problems.push(describeUsageProblem(error as CommanderError, command.args));
  }

  const sources = new Map<string, string>();
  const values: Record<string, unknown> = {};
  for (const { name, option, flag, variable } of options) {
    values[name] = option.default;
    const fromFlag = texts.get(name);
    const fromEnv = line.env[variable];
    try {
      if (fromFlag !== undefined) {
        sources.set(name, `--${flag}`);
        values[name] = parseFlag(option, fromFlag);
      } else if (fromEnv) {
        sources.set(name, variable);
        values[name] = option.parse(option.repeatable ? fromEnv.split(",").map((part) => part.trim()) : [fromEnv]);
      }
    } catch (error) {
      problems.push(describeProblem(sources.get(name) ?? name, error));
    }
  }
  // A switch that its variable turns off counts as unset.
  const isSet = (name: string) => sources.has(name) && values[name] !== false;
  for (const { name, option } of options.filter(({ name }) => isSet(name))) {
    const missing = options.filter((other) => option.needs?.includes(other.name) && !isSet(other.name));
    if (missing.length > 0) {
      problems.push(`${sources.get(name)} needs ${missing.map(({ flag }) => `--${flag}`).join(" and ")}`);
    }
  }
  if (problems.length > 0) {
    throw new UsageError(problems.join("\n"));
  }
  return { action: "run", values: values as Values, args: command.args, given: new Set(sources.keys()) };
}

/** Describes an error of Commander in the words of the other problems. */
function describeUsageProblem({ code, message }: CommanderError, [argument = ""]: readonly string[]): string {
  if (code === "commander.excessArguments") {
    return `unexpected argument "${argument}"`;
  }
  const [, flag, value] = /^error: option '(\S+) (<\S+>)' argument missing$/.exec(message) ?? [];
  return flag === undefined
    ? message.replace(/^error: /, "").replaceAll(/'([^']*)'/g, '"$1"')
    : `${flag} must be followed by ${value}`;
}

/** Parses the texts after the flags of an option. The last text wins unless the option is repeatable. */
function parseFlag(option: NamedOption["option"], texts: readonly string[]): unknown {
  // If a value is missing, Commander takes the next flag as the value.
  const flag = option.placeholder === undefined ? undefined : texts.find((text) => text.startsWith("--"));
  if (flag !== undefined) {
    throw new TypeError(`must be followed by <${option.placeholder}>, not ${flag}`);
  }
  return option.parse(option.repeatable ? texts : texts.slice(-1));
}

function createCommand(
  options: readonly NamedOption[],
  { name, usage = "[options]", description, epilogue, version, positionals = false }: CommandLine,
  onText: (name: string, text: string) => void,
): Command {
  // Loaded lazily, because only programs need it.
  const { Command, Option } = require("commander") as typeof import("commander");
  const command = new Command(name)
    .usage(usage)
    .description(description)
    .exitOverride()
    .allowExcessArguments(positionals)
    .helpOption("--help", "Print this help.");
  for (const named of options) {
    const { option, flag } = named;
    const value = option.placeholder === undefined ? "" : ` <${option.placeholder}>`;
    const entry = new Option(`--${flag}${value}`, describe(named));
    command.addOption(entry);
    // Commander itself keeps only the last text of a flag.
    command.on(`option:${entry.name()}`, (text?: string) => {
      onText(named.name, text ?? String(!option.default));
    });
  }
  command.version(version, "--version", "Print the version.");
  if (epilogue !== undefined) {
    command.addHelpText("after", `\n${epilogue}`);
  }
  return command;
}

/** Describes an option for the help: meaning, variable and default. */
function describe({ option, variable }: NamedOption): string {
  const { help, default: value, repeatable, placeholder } = option;
  const sentence = `${help.charAt(0).toUpperCase()}${help.slice(1)}${repeatable ? "; repeatable" : ""}.`;
  const setting = placeholder === undefined ? `${variable}=${!value}` : variable;
  const shown = placeholder === undefined ? "" : formatDefault(option);
  return `${sentence} (${setting}${shown === "" ? "" : `, default ${shown}`})`;
}
