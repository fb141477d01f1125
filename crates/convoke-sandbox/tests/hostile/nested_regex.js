// expect: cpu_exhausted out_of_memory threw stack_exhausted
function lambda() { return new RegExp('('.repeat(50000) + 'a' + ')*'.repeat(50000)).test('a'.repeat(1000)); }
