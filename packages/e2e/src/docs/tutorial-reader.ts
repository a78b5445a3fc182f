import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { installStandIn } from "../stand-in-compiler.js";
import { applyDiff, type Block, commandsOf, matchesOutput, missingFrom, type TutorialPage } from "./tutorial-page.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** Python with grpcio and its compiler. */
export const python = requires("python3-grpc-tools");

/** Server in the first terminal. */
interface RunningServer {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly lines: AsyncIterator<string>;
  readonly stderr: Promise<string>;
  readonly ended: Promise<unknown>;
}

/**
 * Reader who follows the tutorial from an empty folder: types the commands, creates and edits the files, and compares the
 * printed excerpts and output with the real ones.
 *
 * Three things differ from the page: the repository is a copy of this checkout, the servers listen on free ports, and a
 * stand-in replaces the compiler that `pnpm generate` would download.
 */
export class TutorialReader implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "hello-tutorial-"));
  #cwd = join(this.#folder, "empty");
  #server: RunningServer | undefined;
  #address = "localhost:50051";
  /** Files that the reader has created. */
  readonly #created: string[] = [];

  /** Follows a page from start to end. */
  async follow({ blocks, stopsServerAtEnd }: TutorialPage): Promise<void> {
    mkdirSync(this.#cwd);
    mkdirSync(join(this.#folder, "bin"));
    if (isAbsolute(python.program)) {
      symlinkSync(python.program, join(this.#folder, "bin", "python3"));
    }
    const git = ["git", `--git-dir=${join(this.#folder, "hello.git")}`, `--work-tree=${root}`] as const;
    const author = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    for (const args of [
      ["init", "--quiet"],
      ["add", "--all"],
      [...author, "commit", "--quiet", "--message=Copy"],
    ]) {
      const { status, stderr } = await run([...git, ...args]);
      assert.equal(status, 0, stderr);
    }
    for (const block of blocks) {
      if (block.stopsServer) {
        await this.#stopServer();
      }
      await this.#follow(block);
    }
    if (stopsServerAtEnd) {
      await this.#stopServer();
    }
    assert.equal(this.#server, undefined, "the tutorial ends with a running server");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#signalServer("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #stopServer(): Promise<void> {
    assert.ok(this.#server, "the tutorial stops a server that does not run");
    await this.#signalServer("SIGINT");
  }

  async #follow({ language, code, file }: Block): Promise<void> {
    if (language === "mermaid") {
      return;
    }
    if (language === "console") {
      for (const { command, output } of commandsOf(code)) {
        await this.#type(command, output);
      }
      return;
    }
    assert.ok(file, `no file is named for:\n${code}`);
    const path = join(this.#cwd, file);
    if (language === "diff") {
      const edited = applyDiff(readFileSync(path, "utf8"), code);
      writeFileSync(path, edited);
      if (this.#server) {
        // On a busy machine tsx may not watch the file yet, so save it until tsx restarts the server.
        const saving = setInterval(() => writeFileSync(path, edited), 3_000);
        await this.#untilPrinted(this.#server, /Restarting/).finally(() => clearInterval(saving));
        await this.#untilServing(this.#server);
      }
    } else if (existsSync(path)) {
      assert.equal(missingFrom(readFileSync(path, "utf8"), code), undefined, `${file} has no such part`);
    } else {
      writeFileSync(path, code.replaceAll("localhost:50051", this.#address));
      this.#created.push(path);
    }
  }

  async #type(command: string, output: string): Promise<void> {
    if (command.startsWith("cd ")) {
      this.#cwd = join(this.#cwd, command.slice(3));
    } else if (/^pnpm (--filter server start|dev)$/.test(command)) {
      assert.equal(this.#server, undefined, "the tutorial starts a second server");
      await this.#startServer(command);
    } else {
      if (command === "pnpm generate") {
        await installStandIn(this.#cwd);
      }
      const shellCommand = command.replaceAll("localhost:50051", this.#address);
      const outcome = await run(["sh", "-c", shellCommand], { cwd: this.#cwd, env: this.#env() });
      const printed = `${command}\n${outcome.stdout}${outcome.stderr}`;
      assert.equal(outcome.status !== 0, command.endsWith(" # fails"), printed);
      assert.ok(output === "" || matchesOutput(output, outcome.stdout), printed);
    }
  }

  async #startServer(command: string): Promise<void> {
    // A separate process group, which receives the Ctrl-C of a terminal.
    const process = spawn("sh", ["-c", command], {
      cwd: this.#cwd,
      env: this.#env(),
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines = createInterface(process.stdout)[Symbol.asyncIterator]();
    this.#server = { process, lines, stderr: text(process.stderr), ended: once(process, "close") };
    await this.#untilServing(this.#server);
  }

  /** Waits until the server serves, for the first time or after a restart. */
  async #untilServing(server: RunningServer): Promise<void> {
    const [, address = ""] = await this.#untilPrinted(server, /"addresses":\["([^"]+)"\],"msg":"serving"/);
    for (const path of this.#created) {
      writeFileSync(path, readFileSync(path, "utf8").replaceAll(this.#address, address));
    }
    this.#address = address;
  }

  async #untilPrinted({ lines, stderr }: RunningServer, pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const { done, value } = await lines.next();
      assert.ok(!done, `the server has ended: ${done && (await stderr)}`);
      const match = pattern.exec(value);
      if (match) {
        return match;
      }
    }
  }

  async #signalServer(signal: NodeJS.Signals): Promise<void> {
    if (this.#server?.process.pid !== undefined) {
      process.kill(-this.#server.process.pid, signal);
      await this.#server.ended;
      this.#server = undefined;
    }
  }

  /** Returns the environment variables of both terminals. */
  #env(): Record<string, string | undefined> {
    return {
      ...process.env,
      PATH: ["npm/bin", "bin"].map((name) => `${join(this.#folder, name)}:`).join("") + process.env["PATH"],
      npm_config_prefix: join(this.#folder, "npm"),
      npm_config_prefer_offline: "true",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `url.${join(this.#folder, "hello.git")}.insteadOf`,
      GIT_CONFIG_VALUE_0: "https://git.example.com/hello.git",
      // Reuse the builds of packages that are the same in this checkout.
      TURBO_CACHE_DIR: join(root, ".turbo", "cache"),
      HELLO_ADDRESS: "127.0.0.1:0",
      HELLO_TARGET: this.#address,
      // Variables of the test run, which a terminal does not have.
      pnpm_config_verify_deps_before_run: undefined,
      TURBO_HASH: undefined,
      NODE_TEST_CONTEXT: undefined,
    };
  }
}
