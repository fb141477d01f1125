// expect: cpu_exhausted out_of_memory
function lambda() { const a = Array.from({ length: 4e5 }, (_, i) => (i * 7919) % 100003); for (;;) a.sort((x, y) => (x ^ 5) - (y ^ 5)).reverse(); }
