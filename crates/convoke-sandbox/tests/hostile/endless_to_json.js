// expect: cpu_exhausted
function lambda() { return { toJSON() { for (;;); } }; }
