// expect: returned
function lambda(input, callback) { callback(null, 1); for (;;); }
