import { checkNumber, formatValue, maxTimerMs } from "./check-value.js";

/** Option of a program or a constructor: its meaning, default, range, parser and check. */
export interface Option<Value> {
  /** Short description, with the unit. */
  readonly help: string;
  /** Name of the value in the help, like `ms`. A switch has none. */
  readonly placeholder?: string | undefined;
  /** Flag without dashes. Default: the name in kebab-case. A switch that is on by default gets the prefix `no-`. */
  readonly flag?: string | undefined;
  readonly default: Value;
  /** Allowed values, for the documentation, like `1 to 1024`. */
  readonly range?: string | undefined;
  /** Allows the flag to be repeated. The variable holds a comma-separated list. */
  readonly repeatable?: boolean | undefined;
  /** Names of the options that must be set with it. */
  readonly needs?: readonly string[] | undefined;
  /**
   * Parses the texts after its flags, or the text in its variable.
   *
   * @throws TypeError if the value is invalid.
   */
  readonly parse: (texts: readonly string[]) => Value;
  /**
   * Checks a value set in code.
   *
   * @throws TypeError if the value is invalid.
   */
  readonly check: (value: unknown) => void;
}

/** Options by name. */
export type OptionTable<Values> = { readonly [Name in keyof Values]: Option<Values[Name]> };

/** Creates an option for a whole number. */
export function integer(
  help: string,
  {
    default: value,
    placeholder,
    min = 0,
    max = maxTimerMs,
  }: { default: number; placeholder: string; min?: number | undefined; max?: number | undefined },
): Option<number> {
  const range = { min, max };
  return {
    help,
    placeholder,
    default: value,
    range: max === maxTimerMs ? `${min} or more` : `${min} to ${max}`,
    parse([text = ""]) {
      const number = /^\d+$/.test(text) ? Number(text) : text;
      checkNumber("", number, range);
      return Number(number);
    },
    check: (value) => checkNumber("", value, range),
  };
}

/** Creates an option for one of several words. */
export function choice<Word extends string>(
  help: string,
  { default: value, placeholder, words }: { default: Word; placeholder: string; words: readonly Word[] },
): Option<Word> {
  const toWord = (value: unknown): Word => {
    const word = words.find((word) => word === value);
    if (word === undefined) {
      throw new TypeError(`must be one of ${words.join(", ")}, not ${formatValue(value)}`);
    }
    return word;
  };
  return {
    help: `${help}: ${words.join(", ")}`,
    placeholder,
    default: value,
    range: words.join(", "),
    parse: ([text]) => toWord(text),
    check: (value) => void toWord(value),
  };
}

/** Creates an option for a string, such as a path, without a default. */
export function text(
  help: string,
  { placeholder, needs }: { placeholder: string; needs?: readonly string[] | undefined },
): Option<string | undefined> {
  return {
    help,
    placeholder,
    default: undefined,
    ...(needs && { needs }),
    parse: ([text]) => text,
    check(value) {
      if (typeof value !== "string") {
        throw new TypeError(`must be a string, not ${formatValue(value)}`);
      }
    },
  };
}

/** Creates a switch: a flag without a value, and a variable that is `true` or `false`. */
export function toggle(help: string, value: boolean): Option<boolean> {
  return {
    help,
    default: value,
    parse([text]) {
      if (text !== "true" && text !== "false") {
        throw new TypeError(`must be true or false, not ${formatValue(text)}`);
      }
      return text === "true";
    },
    check(value) {
      if (typeof value !== "boolean") {
        throw new TypeError(`must be true or false, not ${formatValue(value)}`);
      }
    },
  };
}

/** Creates an option for a list of strings. `check` throws if one of them is invalid. */
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
      texts.forEach(check);
      return texts;
    },
    check(value) {
      if (!Array.isArray(value) || value.length === 0) {
        throw new TypeError(`must be a non-empty list, not ${formatValue(value)}`);
      }
      for (const text of value) {
        if (typeof text !== "string") {
          throw new TypeError(`must contain only strings, not ${formatValue(text)}`);
        }
        check(text);
      }
    },
  };
}
