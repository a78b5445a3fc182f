/**
 * Splits the path of a method, like `/package.Service/Method`, into the full name of its service and the name of the
 * method.
 */
export function parseMethodPath(path: string): { readonly service: string; readonly method: string } {
  const separator = path.lastIndexOf("/");
  return { service: path.slice(1, separator), method: path.slice(separator + 1) };
}
