// expect: out_of_memory threw cpu_exhausted
function lambda() { return 'x'.padEnd(2 ** 29, 'abc').replace(/./g, 'yy').length; }
