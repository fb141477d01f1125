// expect: cpu_exhausted
function lambda() { const until = Date.now() + 1; while (Date.now() < until); }
