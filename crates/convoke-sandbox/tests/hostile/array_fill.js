// expect: cpu_exhausted out_of_memory
function lambda() { for (;;) { try { new Array(3e6).fill(0).fill(1).fill(2); } catch { } } }
