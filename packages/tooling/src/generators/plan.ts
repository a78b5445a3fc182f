import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Problem that the user of a generator can solve. Thrown before anything is written. */
export class GeneratorError extends Error {
  override readonly name = "GeneratorError";
}

/** Files that a generator will write. Paths are relative to the root of the repository and use slashes. */
export class Plan {
  readonly #root: string;
  readonly #added = new Map<string, string>();
  readonly #edited = new Map<string, string>();
  readonly #moved = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Files to create. */
  get added(): readonly string[] {
    return [...this.#added.keys()];
  }

  /** Files to change. */
  get edited(): readonly string[] {
    return [...this.#edited.keys()];
  }

  /** Files to move, each with its new path. */
  get moved(): readonly (readonly [string, string])[] {
    return [...this.#moved];
  }

  /** Returns true if a file exists. */
  has(file: string): boolean {
    return existsSync(join(this.#root, file));
  }

  /**
   * Reads a file.
   *
   * @throws GeneratorError if it does not exist.
   */
  read(file: string): string {
    if (!this.has(file)) {
      throw new GeneratorError(`${file} does not exist`);
    }
    return readFileSync(join(this.#root, file), "utf8").replaceAll("\r\n", "\n");
  }

  /** Lists the text files of the repository, except those that git ignores and those of git and turbo. */
  listAll(folder = ""): string[] {
    return readdirSync(join(this.#root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}${entry.name}`;
      if (
        /^(node_modules|\.git|\.turbo|dist|dist\.\d+|gen\.tmp|__pycache__|test-report\.xml|.*\.tgz)$/.test(entry.name)
      ) {
        return [];
      }
      if (entry.isDirectory()) {
        return this.listAll(`${path}/`);
      }
      return entry.isFile() && !readFileSync(join(this.#root, path)).includes(0) ? [path] : [];
    });
  }

  /** Lists the files below packages/ whose path matches. */
  list(pattern: RegExp): string[] {
    return readdirSync(join(this.#root, "packages"))
      .flatMap((name) =>
        ["protos", "src"]
          .map((folder) => `packages/${name}/${folder}`)
          .filter((folder) => this.has(folder))
          .flatMap((folder) =>
            readdirSync(join(this.#root, folder), { recursive: true, encoding: "utf8" }).map(
              (file) => `${folder}/${file.replaceAll("\\", "/")}`,
            ),
          ),
      )
      .filter((file) => pattern.test(file));
  }

  /**
   * Adds a file.
   *
   * @throws GeneratorError if it exists.
   */
  add(file: string, content: string): void {
    if (this.has(file)) {
      throw new GeneratorError(`${file} already exists`);
    }
    this.#added.set(file, content);
  }

  /** Edits a file, unless the edit changes nothing. */
  edit(file: string, change: (content: string) => string): void {
    const before = this.#added.get(file) ?? this.#edited.get(file) ?? this.read(file);
    const after = change(before);
    if (this.#added.has(file)) {
      this.#added.set(file, after);
    } else if (after !== before) {
      this.#edited.set(file, after);
    }
  }

  /**
   * Moves a file, after its edits.
   *
   * @throws GeneratorError if the new path exists.
   */
  move(file: string, newPath: string): void {
    if (this.has(newPath)) {
      throw new GeneratorError(`${newPath} already exists`);
    }
    this.#moved.set(file, newPath);
  }

  /** Writes the files, then formats them and sorts their imports with Biome. */
  write(): void {
    for (const [file, content] of [...this.#added, ...this.#edited]) {
      const path = join(this.#root, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content, { flag: this.#added.has(file) ? "wx" : "w" });
    }
    for (const [file, newPath] of this.#moved) {
      renameSync(join(this.#root, file), join(this.#root, newPath));
    }
    const biome = createRequire(join(this.#root, "package.json")).resolve("@biomejs/biome/bin/biome");
    const written = [...this.added, ...this.edited].map((file) => this.#moved.get(file) ?? file);
    const files = written.filter((file) => /\.([cm]?[jt]s|json|md)$/.test(file));
    const { status, stderr } = spawnSync(process.execPath, [biome, "check", "--write", ...files], {
      cwd: this.#root,
      encoding: "utf8",
    });
    if (status !== 0) {
      throw new Error(`the files are written, but biome does not accept them:\n${stderr}`);
    }
  }
}
