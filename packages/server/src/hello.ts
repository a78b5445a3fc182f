/** The greeting for a name: `"Hello "` and the name, which may be empty. */
export function hello(name: string): string {
  return `Hello ${name}`;
}
