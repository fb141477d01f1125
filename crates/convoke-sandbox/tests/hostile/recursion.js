// expect: stack_exhausted
function lambda() { return (function f(n) { return f(n + 1) + 1; })(0); }
