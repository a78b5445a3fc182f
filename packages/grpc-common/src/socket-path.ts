/** Maximum length of the path of a Unix domain socket, in bytes. Node truncates a longer path. */
export const maxSocketPathBytes = process.platform === "linux" ? 107 : 103;
