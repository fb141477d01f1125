// Puts a compressed copy beside each file that gets smaller by it; the server sends it to whoever can read it.
// Done once here, with the best and slowest setting, and not at every request.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const pages = process.env.CONVOKE_PAGES ?? "dist";
for (const entry of readdirSync(pages, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || entry.name.endsWith(".br")) continue;
  const file = path.join(entry.parentPath, entry.name);
  const plain = readFileSync(file);
  const params = {
    // The very best setting takes a minute for the editor's workers and saves two percent.
    [constants.BROTLI_PARAM_QUALITY]: plain.length > 1_000_000 ? 9 : 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
  };
  const small = brotliCompressSync(plain, { params });
  if (small.length < plain.length) writeFileSync(`${file}.br`, small);
}
