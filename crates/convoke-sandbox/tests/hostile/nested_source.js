// expect: threw stack_exhausted
function lambda() { return eval('('.repeat(1e5) + '1' + ')'.repeat(1e5)); }
