// expect: cpu_exhausted
function lambda() { const bytes = new Uint8Array(2e7); for (;;) bytes.fill(1).reverse(); }
