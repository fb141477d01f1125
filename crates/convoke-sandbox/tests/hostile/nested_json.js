// expect: stack_exhausted threw
function lambda() { return JSON.parse('['.repeat(1e6)); }
