import { checkNumber, formatValue, MAX_TIMER_MS } from "./check-value.js";

/** Option of a program or a constructor: its meaning, default and range, and how its text is parsed. */
export interface Option<Value> {
  /** Meaning in a few words, with the unit. */
  readonly help: string;
  /** Name of its value in the help, like `ms`. An option without one is a switch. */
  readonly placeholder?: string | undefined;
  /** Flag, without dashes. Default: the name in kebab-case, after `no-` for a switch that is on by default. */
  readonly flag?: string | undefined;
  readonly default: Value;
  /** Allowed values, for the documentation, like `1 to 1024`. */
  readonly range?: string | undefined;
  /** Allows the flag to be given more than once; the variable is split at commas. */
  readonly repeatable?: boolean | undefined;
  /** Names of options that must be given with it. */
  readonly needs?: readonly string[] | undefined;
  /**
   * Parses the value from the texts that follow its flags, or from its variable.
   *
   * @throws TypeError that says what the value must be.
   */
  readonly parse: (texts: readonly string[]) => Value;
  /**
   * Checks a value given in code.
   *
   * @throws TypeError that says what the value must be.
   */
  readonly check: (value: unknown) => void;
}

/** Options by name. */
export type OptionTable<Values> = { readonly [Name in keyof Values]: Option<Values[Name]> };

/** Creates an option that is a whole number. */
export function integer(
  help: string,
  {
    default: value,
    placeholder,
    min = 0,
    max = MAX_TIMER_MS,
  }: { default: number; placeholder: string; min?: number | undefined; max?: number | undefined },
): Option<number> {
  const range = { min, max };
  return {
    help,
    placeholder,
    default: value,
    range: max === MAX_TIMER_MS ? `${min} or more` : `${min} to ${max}`,
    parse([text = ""]) {
      const number = /^\d+$/.test(text) ? Number(text) : text;
      checkNumber("", number, range);
      return Number(number);
    },
    check: (value) => checkNumber("", value, range),
  };
}

/** Creates an option that is one of several words. */
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

/** Creates an option that is a text, such as a path. Has no default. */
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

/** Creates a switch, whose variable is `true` or `false`. */
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

/** Creates an option that may be given several times; `check` throws if a text is invalid. */
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
        throw new TypeError(`must be a list of one or more, not ${formatValue(value)}`);
      }
      for (const text of value) {
        if (typeof text !== "string") {
          throw new TypeError(`must be a list of strings, not of ${formatValue(text)}`);
        }
        check(text);
      }
    },
  };
}
