// expect: cpu_exhausted out_of_memory threw
function lambda() { return String((1n << 4000000n) - 1n).length; }
