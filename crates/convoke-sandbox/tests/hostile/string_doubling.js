// expect: out_of_memory threw
function lambda() { let s = 'xy'; for (;;) { s += s; s.charCodeAt(s.length - 1); } }
