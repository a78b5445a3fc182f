/** Longest duration of a timer, in milliseconds: 24 days. Also the largest number that an option takes by default. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** Range of a number. */
export interface NumberRange {
  readonly min: number;
  /** Default: {@link MAX_TIMER_MS}. */
  readonly max?: number | undefined;
  /** Requires a whole number. Default true. */
  readonly integer?: boolean | undefined;
}

/**
 * Checks a number, unless it is undefined.
 *
 * @param name Name of the option, or `""` if the caller adds it.
 * @throws TypeError that names the option and its range.
 */
export function checkNumber(
  name: string,
  value: unknown,
  { min, max = MAX_TIMER_MS, integer = true }: NumberRange,
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
 * Checks that a value is an object whose properties are options. Those of a list or a `Map` would be ignored.
 *
 * @throws TypeError if it is not.
 */
export function checkObject(name: string, value: unknown): asserts value is object {
  if (typeof value !== "object" || value === null || Symbol.iterator in value) {
    throw new TypeError(`${name} must be an object, not ${formatObject(value)}`);
  }
}

/**
 * Checks that a value is an object without unknown properties: a misspelt one would be ignored.
 *
 * @throws TypeError that names the property.
 */
export function checkKeys(name: string, value: unknown, known: readonly string[]): void {
  checkObject(name, value);
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new TypeError(`unknown option ${name}.${key}: ${name} has ${known.join(", ")}`);
    }
  }
}

/** @throws TypeError if a value is not an array. */
export function checkList(name: string, value: unknown): void {
  if (!Array.isArray(value)) {
    throw new TypeError(`${name} must be a list, not ${formatValue(value)}`);
  }
}

/** Formats a value for a message: a string in double quotes, everything else as JSON, or as text if JSON has no form. */
export function formatValue(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") {
    return String(value);
  }
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // It contains itself, or a bigint.
    return Object.prototype.toString.call(value);
  }
}

/** Formats a value for a message, but an object by its class if it has one: JSON shows nothing of a `Map`. */
export function formatObject(value: unknown): string {
  const name = typeof value === "object" && value !== null ? value.constructor?.name : undefined;
  return name === undefined || name === "Object" || name === "Array"
    ? formatValue(value)
    : `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}
