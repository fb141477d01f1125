// expect: out_of_memory cpu_exhausted
function lambda() { const all = []; for (;;) all.push({ x: 1, y: [1, 2, 3] }); }
