import { spawnSync } from "node:child_process";

interface ToolDefinition {
  /** Names or paths of the program. The first that works is used. */
  readonly programs: readonly string[];
  /** Arguments of a trial run, which succeeds if the program works. */
  readonly trial: readonly string[];
  /** Debian packages. */
  readonly packages: string;
  /** Required environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Programs that tests need and npm does not install. */
const tools = {
  h2load: { programs: ["h2load"], trial: ["--version"], packages: "nghttp2-client" },
  haproxy: { programs: ["haproxy", "/usr/sbin/haproxy"], trial: ["-v"], packages: "haproxy" },
  nginx: { programs: ["nginx", "/usr/sbin/nginx"], trial: ["-v"], packages: "nginx" },
  git: { programs: ["git"], trial: ["--version"], packages: "git" },
  // The script of util-linux, which runs a program in a new terminal. BSD's script has other options.
  script: { programs: ["script"], trial: ["--version"], packages: "bsdutils" },
  openssl: { programs: ["openssl"], trial: ["version"], packages: "openssl" },
  "python3-grpcio": {
    // The first Python on the PATH may not be Debian's.
    programs: ["python3", "/usr/bin/python3"],
    trial: ["-c", "import grpc, google.protobuf"],
    packages: "python3-grpcio python3-protobuf",
  },
  "python3-grpc-tools": {
    programs: ["python3", "/usr/bin/python3"],
    trial: ["-c", "import grpc, grpc_tools"],
    packages: "python3-grpcio python3-grpc-tools",
  },
  "ruby-grpc": {
    // The first Ruby on the PATH may not be Debian's.
    programs: ["ruby", "/usr/bin/ruby"],
    trial: ["-e", 'require "grpc"; require "googleauth"'],
    packages: "ruby-grpc ruby-googleauth",
  },
  "golang-google-grpc-dev": {
    programs: ["go"],
    trial: ["list", "google.golang.org/grpc"],
    packages: "golang-go golang-google-grpc-dev",
    // Debian installs sources, not modules.
    env: { GO111MODULE: "off", GOPATH: "/usr/share/gocode" },
  },
} satisfies Record<string, ToolDefinition>;

/** Program that may be missing on a machine. */
export type Tool = keyof typeof tools;

/** Tool on this machine. */
export interface Requirement {
  /** Command that runs it. */
  readonly program: string;
  /** Value for node:test: false, or the reason to skip a test and how to install the tool. */
  readonly skip: string | false;
  /** Environment variables to add to those of this process. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Finds a tool that npm cannot install. Tests that need it are skipped if it is missing, except in CI, where a skipped
 * test is a failure.
 *
 *     const nginx = requires("nginx");
 *     test("passes calls through nginx", { skip: nginx.skip }, async () => { await run([nginx.program, "-v"]); });
 */
export function requires(tool: Tool): Requirement {
  const { programs, trial, packages, env = {} }: ToolDefinition = tools[tool];
  const options = { env: { ...process.env, ...env } };
  const program = programs.find((program) => spawnSync(program, trial, options).status === 0);
  return program === undefined
    ? { program: tool, env, skip: `${tool} is missing: apt-get install ${packages}, then pnpm test --force` }
    : { program, env, skip: false };
}
