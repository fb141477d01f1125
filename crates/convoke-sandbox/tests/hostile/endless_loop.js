// expect: cpu_exhausted
function lambda() { for (;;); }
