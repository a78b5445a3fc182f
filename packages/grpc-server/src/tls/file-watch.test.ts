import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import { pino } from "pino";
import { watchFiles } from "./file-watch.js";

let parent: string;
before(async () => {
  parent = await makeTemporaryFolder("file-watch-");
});
after(() => rm(parent, { recursive: true }));

/** Watches a file in a new folder, without polling. */
async function watch(t: TestContext, prepare: (folder: string) => Promise<string>) {
  const folder = join(parent, t.name.replaceAll(" ", "-"));
  await mkdir(folder);
  const file = await prepare(folder);
  let checks = 0;
  let onCheck = () => {};
  const watched = watchFiles(
    [file],
    async () => {
      checks++;
      onCheck();
    },
    { pollMs: 2 ** 31 - 1, logger: pino({ level: "silent" }) },
  );
  t.after(() => watched.close());
  return {
    folder,
    file,
    checks: () => checks,
    /** Resolves at the next check. */
    checked: () =>
      new Promise<void>((resolve) => {
        onCheck = resolve;
      }),
  };
}

async function writeCertificate(folder: string): Promise<string> {
  const file = join(folder, "tls.crt");
  await writeFile(file, "1");
  return file;
}

test("does not check a file when others in its folder change", async (t) => {
  const { folder, file, checks, checked } = await watch(t, writeCertificate);
  const before = checks();
  for (let line = 0; line < 100; line++) {
    await writeFile(join(folder, "server.log"), "line\n", { flag: "a" });
  }
  const changed = checked();
  await rename(file, join(folder, "tls.old"));
  await changed;
  assert.equal(checks(), before + 1);
});

test("checks a file when it is replaced", async (t) => {
  const { folder, file, checked } = await watch(t, writeCertificate);
  await writeFile(join(folder, "tls.new"), "2");
  const changed = checked();
  await rename(join(folder, "tls.new"), file);
  await changed;
});

const chains: Record<string, (folder: string) => [first: string, second: string]> = {
  "a link to a link": (folder) => [join(folder, "tls.crt"), "current.crt"],
  "an absolute link": (folder) => [join(folder, "tls.crt"), join(folder, "current.crt")],
};
for (const [what, makeChain] of Object.entries(chains)) {
  test(`checks a file when it is written behind ${what}`, async (t) => {
    const { folder, checked } = await watch(t, async (folder) => {
      const [link, target] = makeChain(folder);
      await writeFile(join(folder, "2025.crt"), "1");
      await symlink("2025.crt", join(folder, "current.crt"));
      await symlink(target, link);
      return link;
    });
    const changed = checked();
    await writeFile(join(folder, "2025.crt"), "2");
    await changed;
  });
}

test("checks a file when its folder is swapped behind a link", async (t) => {
  const { folder, checked } = await watch(t, async (folder) => {
    for (const version of ["1", "2"]) {
      await mkdir(join(folder, version));
      await writeCertificate(join(folder, version));
    }
    await symlink("1", join(folder, "current"));
    await symlink(join("current", "tls.crt"), join(folder, "tls.crt"));
    return join(folder, "tls.crt");
  });
  await symlink("2", join(folder, "next"));
  const changed = checked();
  await rename(join(folder, "next"), join(folder, "current"));
  await changed;
});
