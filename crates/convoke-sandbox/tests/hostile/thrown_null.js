// expect: threw
function lambda() { throw null; }
