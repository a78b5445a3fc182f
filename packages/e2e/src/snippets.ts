import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Outcome, run } from "@hello/testing/program";

const require = createRequire(import.meta.url);
const packageRoot = fileURLToPath(new URL("..", import.meta.url));

/** The code blocks of a Markdown page in one language, in order. */
export function snippets(page: URL, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms");
  return [...readFileSync(page, "utf8").matchAll(fence)].map(([, code = ""]) => code);
}

/**
 * Type-checks and runs a TypeScript program that stands in the documentation, with the server that it speaks of at
 * another address.
 */
export async function runSnippet(code: string, address: string): Promise<Outcome> {
  // In this package, where it finds what it imports.
  const folder = mkdtempSync(join(packageRoot, ".snippet-"));
  try {
    writeFileSync(join(folder, "snippet.ts"), code.replaceAll("localhost:50051", address));
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: "../tsconfig.json", compilerOptions: { noUnusedLocals: false }, include: ["*.ts"] }),
    );
    const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
    const types = await run([process.execPath, tsc, "-p", folder]);
    return types.status === 0 ? await run([process.execPath, "--import=tsx", "snippet.ts"], { cwd: folder }) : types;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
