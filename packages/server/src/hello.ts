/** Returns the greeting for a name, which may be empty. */
export function hello(name: string): string {
  return `Hello ${name}`;
}
