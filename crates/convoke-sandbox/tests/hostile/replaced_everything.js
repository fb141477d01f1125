// expect: returned threw never_completes
async function lambda() {
  for (const name of Object.getOwnPropertyNames(globalThis)) { try { globalThis[name] = undefined; } catch { } }
  return { still: 'here' };
}
