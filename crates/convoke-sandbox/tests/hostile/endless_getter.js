// expect: cpu_exhausted
function lambda() { throw { get message() { for (;;); } }; }
