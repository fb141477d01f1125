// expect: cpu_exhausted out_of_memory threw
function lambda() { let n = 3n; for (;;) n = n * n; }
