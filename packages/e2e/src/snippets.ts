import { mkdtempSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Returns the code blocks of a Markdown page in one language, in order. */
export function snippets(page: URL, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms");
  return [...readFileSync(page, "utf8").matchAll(fence)].map(([, code = ""]) => code);
}

/** Creates a temporary folder in this package, so that programs in it resolve their imports. */
export function createProgramFolder(): string {
  return mkdtempSync(fileURLToPath(new URL("../.snippet-", import.meta.url)));
}
