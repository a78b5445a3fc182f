import type { Option, OptionTable } from "./option.js";

/** Option with its name, flag and environment variable. */
export interface NamedOption {
  readonly name: string;
  readonly option: Option<unknown>;
  /** Flag without dashes. */
  readonly flag: string;
  readonly variable: string;
}

/** Lists the options of a table with their flags and environment variables. */
export function nameOptions<Values>(table: OptionTable<Values>, envPrefix: string): NamedOption[] {
  return Object.entries<Option<unknown>>(table).map(([name, option]) => {
    const kebab = option.flag ?? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return {
      name,
      option,
      flag: option.placeholder === undefined && option.default === true ? `no-${kebab}` : kebab,
      variable: `${envPrefix}_${kebab.replaceAll("-", "_").toUpperCase()}`,
    };
  });
}

/** Formats options as a Markdown table, including their names in code. */
export function formatOptionTable<Values>(table: OptionTable<Values>, envPrefix: string): string {
  const names = Object.keys(table);
  const options = formatOptionRows(table, envPrefix).map((row, index) => [`\`${names[index]}\``, ...row]);
  const header = ["Option", "Flag", "Variable", "Default", "Values", "Meaning"];
  return [header, header.map(() => "---"), ...options].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Formats options as rows for the documentation: flag, variable, default, allowed values and meaning. */
export function formatOptionRows<Values>(table: OptionTable<Values>, envPrefix: string): string[][] {
  return nameOptions(table, envPrefix).map(({ option, flag, variable }) => [
    `\`--${flag}${option.placeholder === undefined ? "" : ` <${option.placeholder}>`}\``,
    `\`${variable}\``,
    formatDefault(option),
    option.range ?? (option.placeholder === undefined ? "true, false" : ""),
    option.help,
  ]);
}

/** Formats the default of an option. Returns an empty string if it has none. */
export function formatDefault({ default: value }: Option<unknown>): string {
  const isText = Array.isArray(value) || (typeof value !== "object" && value !== undefined);
  return isText ? String(value) : "";
}
