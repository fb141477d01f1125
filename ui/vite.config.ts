// How the pages are bundled: into CONVOKE_PAGES, where the server's build takes them from, or into dist/.
// `npm run dev` serves them from source and hands everything else to a running `convoke dev` (CONVOKE_URL).

import { cpSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const out = process.env.CONVOKE_PAGES ?? "dist";
const server = process.env.CONVOKE_URL ?? "http://127.0.0.1:8080";
const repository = fileURLToPath(new URL("..", import.meta.url));

/** The page around the window is plain files; they only have to be where the others are. */
const plain = {
  name: "plain",
  apply: "build" as const,
  writeBundle: () => cpSync(fileURLToPath(new URL("window", import.meta.url)), `${out}/window`, { recursive: true }),
};

/** The editor brings a language service of its own, which ours takes the place of: seven megabytes that nobody loads. */
const oneLanguageService = {
  name: "one-language-service",
  apply: "build" as const,
  generateBundle(_: unknown, bundle: Record<string, unknown>) {
    for (const name of Object.keys(bundle)) if (/\/ts\.worker-[^/]*\.js$/.test(name)) delete bundle[name];
  },
};

const STYLE_SHEETS = fileURLToPath(new URL("src/editor/stylesheets.ts", import.meta.url));
/** How the editor makes the one style element that does not come from its module for that. */
const STYLE_ELEMENT = /const style = document\.createElement\('style'\);\s*style\.textContent = SHADOW_ROOT_CSS;\s*this\.shadowRoot\.appendChild\(style\);/;

/** The editor writes style elements, which the content security policy forbids: its style sheets are made another way. */
const noStyleElements = {
  name: "no-style-elements",
  apply: "build" as const,
  transform(code: string, id: string) {
    if (id.endsWith("/vs/base/browser/domStylesheets.js")) return `export * from ${JSON.stringify(STYLE_SHEETS)};`;
    if (!id.endsWith("/vs/base/browser/ui/contextview/contextview.js")) return undefined;
    if (!STYLE_ELEMENT.test(code)) throw new Error("the editor makes its style elements in another way than it did: look at noStyleElements");
    return code.replace(STYLE_ELEMENT, "createStyleSheet(this.shadowRoot, style => { style.textContent = SHADOW_ROOT_CSS; });");
  },
};

export default defineConfig({
  plugins: [svelte(), plain, oneLanguageService, noStyleElements],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: ["chrome123", "firefox128", "safari17.5"],
    // The editor is large and loaded on demand; everything else is watched by a test.
    chunkSizeWarningLimit: 5000,
    // Everything is a file of its own: the content security policy allows no other.
    assetsInlineLimit: 0,
  },
  worker: { format: "es" },
  server: {
    fs: { allow: [repository] },
    proxy: { "^/(api|window|healthz|readyz|favicon.ico)": { target: server, ws: true } },
  },
});
