import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Outcome, run } from "@hello/testing/program";
import { tsc } from "./tsc.js";

/** Returns the code blocks of a Markdown page in one language, in order. */
export function snippets(page: URL, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms");
  return [...readFileSync(page, "utf8").matchAll(fence)].map(([, code = ""]) => code);
}

/** Creates a temporary folder in this package, so that programs in it resolve their imports. */
export function createProgramFolder(): string {
  return mkdtempSync(fileURLToPath(new URL("../.snippet-", import.meta.url)));
}

/**
 * Type-checks and runs a TypeScript program of the documentation, with the address of a running server instead of
 * `localhost:50051`.
 */
export async function runSnippet(code: string, address: string): Promise<Outcome> {
  const folder = createProgramFolder();
  try {
    writeFileSync(join(folder, "snippet.ts"), code.replaceAll("localhost:50051", address));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../tsconfig.json", compilerOptions: { noUnusedLocals: false }, include: ["*.ts"] }),
    );
    const types = await run([process.execPath, tsc, "-p", folder]);
    return types.status === 0 ? await run([process.execPath, "--import=tsx", "snippet.ts"], { cwd: folder }) : types;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
