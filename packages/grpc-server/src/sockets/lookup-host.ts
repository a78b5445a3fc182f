import { execFile } from "node:child_process";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

const program = `require("node:dns").lookup(process.argv[1], { all: true }, (error, addresses = []) => {
  console.log(JSON.stringify({ code: error?.code, addresses: addresses.map(({ address }) => address) }));
});`;

/**
 * Looks up the addresses of a host.
 *
 * @throws Error with the resolver's code, like `ENOTFOUND`.
 */
export async function lookupHost(host: string): Promise<readonly string[]> {
  if (isIP(host)) {
    return [host];
  }
  const addresses =
    host === "localhost" ? (await lookup(host, { all: true })).map(({ address }) => address) : await lookupName(host);
  return [...new Set(addresses)];
}

/** Looks up a name in a child process: a lookup cannot be cancelled, and would keep this process from exiting. */
async function lookupName(name: string): Promise<string[]> {
  const { code, addresses } = await new Promise<{ code?: string; addresses: string[] }>((resolve, reject) => {
    const child = execFile(process.execPath, ["-e", program, name], (error, stdout) => {
      process.off("exit", kill);
      if (error) {
        reject(error);
      } else {
        // Modules that NODE_OPTIONS preloads may print lines before the result.
        resolve(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? ""));
      }
    });
    const kill = () => child.kill("SIGKILL");
    process.on("exit", kill);
  });
  if (code !== undefined) {
    throw Object.assign(new Error(`the lookup of ${name} failed with ${code}`), { code });
  }
  return addresses;
}
