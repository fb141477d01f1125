// expect: cpu_exhausted
function lambda() { const s = 'a'.repeat(2e6); for (;;) s.indexOf('a'.repeat(1e6) + 'b'); }
