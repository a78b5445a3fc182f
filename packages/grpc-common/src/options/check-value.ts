/** Longest duration of a timer, in milliseconds: 24 days. Also the default maximum of a number in an option. */
export const maxTimerMs = 2 ** 31 - 1;

/** Range of a number. */
export interface NumberRange {
  readonly min: number;
  /** Default: {@link maxTimerMs}. */
  readonly max?: number | undefined;
  /** Requires a whole number. Default true. */
  readonly integer?: boolean | undefined;
}

/**
 * Checks that a value is a number in a range, or undefined.
 *
 * @param name Name of the option for the message, or `""` if the caller adds it.
 * @throws TypeError with the name and the range of the option.
 */
export function checkNumber(
  name: string,
  value: unknown,
  { min, max = maxTimerMs, integer = true }: NumberRange,
): void {
  if (value === undefined) {
    return;
  }
  if (!(typeof value === "number" && value >= min && value <= max && (!integer || Number.isInteger(value)))) {
    const subject = name === "" ? "" : `${name} `;
    throw new TypeError(
      `${subject}must be a ${integer ? "whole " : ""}number from ${min} to ${max}, not ${formatValue(value)}`,
    );
  }
}

/**
 * Checks that a value is an object with properties, not an array or a `Map`.
 *
 * @throws TypeError if it is not.
 */
export function checkObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null || Symbol.iterator in value) {
    throw new TypeError(`${name} must be an object, not ${formatObject(value)}`);
  }
}

/**
 * Checks that a value is an object without unknown properties, so that a misspelled one is not ignored.
 *
 * @throws TypeError that names the unknown property and lists the known ones.
 */
export function checkKeys(name: string, value: unknown, known: readonly string[]): void {
  checkObject(name, value);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new TypeError(`unknown option "${name}.${key}": ${name} accepts ${known.join(", ")}`);
    }
  }
}

/**
 * Checks that a value is an array.
 *
 * @throws TypeError if it is not.
 */
export function checkList(name: string, value: unknown): void {
  if (!Array.isArray(value)) {
    throw new TypeError(`${name} must be a list, not ${formatValue(value)}`);
  }
}

/**
 * Checks that a value is a function.
 *
 * @param name Name of the option for the message, or `""` if the caller adds it.
 * @throws TypeError if it is not.
 */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== "function") {
    throw new TypeError(`${name === "" ? "" : `${name} `}must be a function, not ${formatValue(value)}`);
  }
}

/** Formats a value for a message: as JSON if possible, which quotes strings, or else as text. */
export function formatValue(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") {
    return String(value);
  }
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // The value contains itself or a bigint.
    return Object.prototype.toString.call(value);
  }
}

/** Formats a value for a message, but shows only the class of a class instance: JSON shows a `Map` as `{}`. */
export function formatObject(value: unknown): string {
  const name = typeof value === "object" && value !== null ? value.constructor?.name : undefined;
  return name === undefined || name === "Object" || name === "Array"
    ? formatValue(value)
    : `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}
