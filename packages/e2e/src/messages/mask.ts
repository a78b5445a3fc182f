import { tmpdir } from "node:os";

const replacements: readonly (readonly [RegExp, string])[] = [
  [/\b(127\.0\.0\.1|\[::1?\]):(?!50051\b)\d{4,5}\b/g, "$1:<port>"],
  [/\berror:[\dA-F]{8}:.*/g, "<error of OpenSSL>"],
  [/; if the root CA is installed locally, try running Node\.js with --use-system-ca/g, ""],
  [/\b(?:Expected|Unexpected) .* JSON .*/g, "<error of Node>"],
  [/([ax])\1{20,}/g, "$1…$1"],
  [/<folder>\/hello-[\w-]+/g, "<folder>"],
  [/\b\d+(?= log lines were dropped)/g, "<number>"],
  [/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>"],
  [/\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} [\d:]{8} \d{4} GMT/g, "<time>"],
];

/**
 * Replaces the parts of a text that differ from run to run: ports, times, temporary folders and texts of Node and OpenSSL.
 *
 * @param folders Folders whose paths to replace.
 */
export function mask(text: string, folders: readonly string[] = []): string {
  const withoutFolders = [...folders, tmpdir()].reduce((rest, folder) => rest.replaceAll(folder, "<folder>"), text);
  return replacements.reduce((rest, [pattern, replacement]) => rest.replaceAll(pattern, replacement), withoutFolders);
}
