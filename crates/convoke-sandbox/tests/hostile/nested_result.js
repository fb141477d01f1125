// expect: result_invalid stack_exhausted
function lambda() { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a; }
