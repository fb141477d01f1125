// expect: stack_exhausted
function lambda() { return (function f(n) { return [1].map(() => f(n + 1))[0]; })(0); }
