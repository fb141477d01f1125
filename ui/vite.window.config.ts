// How the consumer window is bundled: one classic script for other people's pages, put beside the workbench's files.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    outDir: process.env.CONVOKE_PAGES ?? "dist",
    emptyOutDir: false,
    target: ["chrome110", "firefox115", "safari16.4"],
    lib: {
      entry: fileURLToPath(new URL("src/window/main.ts", import.meta.url)),
      name: "ConvokeWindow",
      formats: ["iife"],
      fileName: () => "window.js",
    },
  },
});
