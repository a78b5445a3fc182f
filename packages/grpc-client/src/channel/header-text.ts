import { formatValue } from "@hello/grpc-common";

/**
 * Checks a text that goes out in a header: other characters would end the connection.
 *
 * @param name Name of the option, or `""` if the caller adds it.
 * @throws TypeError that says what the text must be.
 */
export function checkHeaderText(name: string, value: unknown): void {
  const subject = name === "" ? "" : `${name} `;
  if (typeof value !== "string") {
    throw new TypeError(`${subject}must be a string, not ${formatValue(value)}`);
  }
  if (!/^(?:[!-~](?:[ -~]*[!-~])?)?$/.test(value)) {
    throw new TypeError(`${subject}must be printable ASCII without space around it, not ${formatValue(value)}`);
  }
}
