import { inspect } from "node:util";

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

/** A setting that can be given in code, too. */
export interface CheckedOption<Value> extends Option<Value> {
  /**
   * Checks a value.
   *
   * @throws TypeError which says what it should be.
   */
  readonly check: (value: unknown) => void;
}

/** The settings of a program, by name. */
export type OptionTable<Values> = { readonly [Name in keyof Values]: Option<Values[Name]> };

/** An option of a whole number from `min` to `max`. */
export function integer(
  help: string,
  {
    default: value,
    placeholder,
    min = 0,
    max = 2 ** 31 - 1,
  }: { default: number; placeholder: string; min?: number; max?: number },
): CheckedOption<number> {
  const check = (number: unknown, said = quote(number)) => {
    if (!(Number.isInteger(number) && Number(number) >= min && Number(number) <= max)) {
      throw new TypeError(`must be a whole number from ${min} to ${max}, not ${said}`);
    }
  };
  return {
    help,
    placeholder,
    default: value,
    parse([text = ""]) {
      const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
      check(number, `"${text}"`);
      return number;
    },
    check: (value) => check(value),
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
export function toggle(help: string, value: boolean): CheckedOption<boolean> {
  return {
    help,
    default: value,
    parse([text = ""]) {
      if (text === "true" || text === "false") {
        return text === "true";
      }
      throw new TypeError(`must be true or false, not "${text}"`);
    },
    check(value) {
      if (typeof value !== "boolean") {
        throw new TypeError(`must be true or false, not ${quote(value)}`);
      }
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
): CheckedOption<readonly string[]> {
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
    check(value) {
      if (!Array.isArray(value) || value.length === 0) {
        throw new TypeError(`must be a list of one or more, not ${inspect(value)}`);
      }
      for (const text of value) {
        if (typeof text !== "string") {
          throw new TypeError(`must be texts, not ${inspect(text)}`);
        }
        check(text);
      }
    },
  };
}

/** A text in double quotes, and all else as a program writes it. */
function quote(value: unknown): string {
  return typeof value === "string" ? `"${value}"` : inspect(value);
}
