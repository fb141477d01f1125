// expect: out_of_memory
function lambda() { const all = []; for (;;) all.push(new Array(1e5).fill(7)); }
