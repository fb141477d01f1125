// Compiles the engine and our glue to one WebAssembly file: node build.mjs <engine sources> <glue.c> <out.wasm>
//
// The compiler works on an in-memory file tree, so no path of this machine can get into the result.

import { runClang } from '@yowasp/clang';
import fs from 'node:fs';
import path from 'node:path';

// What we change in the engine's text. Each must match exactly once, so that a new engine version cannot lose one silently.
const CHANGES = [{
  file: 'quickjs.c',
  // Small blocks live in arenas that never reach the allocator hooks of glue.c: freed ones are zeroed here.
  find: '        b->u.free_next = ar->first_free_block;\n        ar->first_free_block = block_idx;\n        if (unlikely(ar->n_used_blocks == ar->n_blocks))\n            list_add',
  put: '        memset(b->user_data, 0, block_size - sizeof(JSMallocBlockHeader));\n        b->u.free_next = ar->first_free_block;\n        ar->first_free_block = block_idx;\n        if (unlikely(ar->n_used_blocks == ar->n_blocks))\n            list_add',
},
// While the image is made, memory.c decides where a block lies.
{ file: 'quickjs.c', find: '    ptr = js_arena_malloc(rt, size);\n', put: '    ptr = laid_malloc(rt, size);\n' },
{ file: 'quickjs.c', find: '    ptr = js_arena_calloc(rt, count, size);\n', put: '    ptr = laid_calloc(rt, count, size);\n' },
{ file: 'quickjs.c', find: '    ptr = js_arena_realloc(rt, ptr, size);\n', put: '    ptr = laid_realloc(rt, ptr, size);\n' },
];

const OPTIONS = [
  '--target=wasm32-wasip1', '-mexec-model=reactor', '-O2', '-DNDEBUG', '-D_GNU_SOURCE', '-fno-strict-aliasing', '-w',
  '-ffunction-sections', '-fdata-sections',
  // The stack comes first, so that overrunning it traps instead of overwriting data.
  '-Wl,--gc-sections,--stack-first,-z,stack-size=524288,--export=__stack_pointer,--strip-all',
];

const [sources, glue, out] = process.argv.slice(2);
const files = {};
for (const directory of [sources, path.dirname(glue)]) {
  for (const name of fs.readdirSync(directory)) {
    if (/\.[ch]$/.test(name)) files[name] = fs.readFileSync(path.join(directory, name), 'utf8');
  }
}
for (const { file, find, put } of CHANGES) {
  const parts = files[file].split(find);
  if (parts.length !== 2) throw new Error(`${file}: expected one place to change, found ${parts.length - 1}`);
  files[file] = parts.join(put);
}
const output = await runClang(
  ['clang', ...OPTIONS, 'glue.c', 'libregexp.c', 'libunicode.c', 'dtoa.c', '-o', 'engine.wasm'],
  files,
  { stderr: (bytes) => bytes && process.stderr.write(bytes), fetchProgress: () => {} },
);
fs.writeFileSync(out, output['engine.wasm']);
